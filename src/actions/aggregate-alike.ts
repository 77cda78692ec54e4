/** Which parts of an aggregate may make the same call: found at boot, so that all others pay nothing for it. */
import { parseTemplate } from '../config/schema/template.ts';
import type { PartConfig } from './aggregate-schema.ts';

/**
 * For each part a text: calls of parts with the same one are alike if path, query and fields are. `undefined` for a
 * part that is called once, and never like another.
 */
export function sharedAs(parts: readonly PartConfig[]): readonly (string | undefined)[] {
  return parts.map((part) => {
    if (isWriting(part)) return undefined;
    const isShared =
      part.foreach !== undefined ||
      parts.some((other) => other !== part && mayBeAlike(part, other));
    return isShared ? limitsOf(part) : undefined;
  });
}

/** An operation of GraphQL is sent by POST, whatever the part says. */
const isWriting = ({ method, graphql }: PartConfig): boolean =>
  method !== 'GET' || graphql !== undefined;

/** What a call has besides its request: a call with a shorter time is another one. */
const limitsOf = ({ upstream, timeout, maxBody, type, onError }: PartConfig): string =>
  JSON.stringify([upstream, timeout ?? 0, maxBody, type, onError]);

function mayBeAlike(a: PartConfig, b: PartConfig): boolean {
  if (isWriting(b) || limitsOf(a) !== limitsOf(b)) return false;
  const [one, other] = [parseTemplate(a.path).literals, parseTemplate(b.path).literals];
  if (one.length === 1 && other.length === 1) return one[0] === other[0];
  // A value may be any text, so only what is before the first one and after the last tells them apart.
  return isStart(one[0]!, other[0]!) && isEnd(one.at(-1)!, other.at(-1)!);
}

const isStart = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);
const isEnd = (a: string, b: string): boolean => a.endsWith(b) || b.endsWith(a);
