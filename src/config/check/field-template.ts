/** Finds templates of header fields that cannot be filled on a route. */
import { PathPatterns } from '../build/match.ts';
import type { KnownNames } from '../modules.ts';
import type { Reference } from '../schema/template.ts';
import { readMatches } from './match.ts';
import { hint } from './suggest.ts';
import { checkReferences, parameterFault, REQUEST_ROOTS } from './template.ts';

/** Besides those that every template has: what is known of the client, and of what it asks for. */
const FIELD_ROOTS = { client: ['address'], consumer: ['id'], request: ['version'] } as const;

/** Says what a text with braces is: a JSON value has its own, and is sent as it is. */
export function isFieldTemplate(text: string): boolean {
  if (!/[{}]/.test(text)) return false;
  if (!/^[[{]/.test(text)) return true;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/**
 * What is wrong with the template of a header field, each in a sentence. `others` are the keys of the route, `known` the names
 * that exist, as the `check` of a plugin gets them.
 */
export function fieldTemplateFaults(
  text: string,
  others: ReadonlyMap<string, unknown>,
  { identifying, identifyingOn }: KnownNames,
): string[] {
  const route = { match: others.get('match') };
  const matches = readMatches(route, [], new PathPatterns(), () => undefined);
  const isAnonymous = identifyingOn(others).length === 0;
  const faultOf = (reference: Reference): string | undefined => {
    const { root, rest } = reference;
    if (rest.length === 0) return parameterFault(reference, matches);
    if (isAnonymous && (root === 'claim' || root === 'consumer')) {
      return `{${reference.text}} needs one of ${identifying.join(', ')} on this route`;
    }
    return rootFault(reference);
  };
  return [...checkReferences(text, [], faultOf)].map(({ message }) => message);
}

function rootFault({ text, root, rest }: Reference): string | undefined {
  if (REQUEST_ROOTS.includes(root as never)) return undefined;
  const roots = [...REQUEST_ROOTS, ...Object.keys(FIELD_ROOTS)];
  if (!Object.hasOwn(FIELD_ROOTS, root)) {
    return `{${text}}: "${root}" is nothing of a request${hint(root, roots)}`;
  }
  // The line above has seen that it is one of them.
  const members: readonly string[] = FIELD_ROOTS[root as keyof typeof FIELD_ROOTS];
  if (rest.length === 1 && members.includes(rest[0]!)) return undefined;
  return `{${text}}: ${root} has only ${members.join(', ')}`;
}
