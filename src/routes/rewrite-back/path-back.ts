/**
 * Turns a rewrite round: from a path that an upstream speaks of to the one by which clients ask for it.
 *
 * Whatever the rewrite kept (parameters, the rest after a prefix) is taken from the upstream's path; what it dropped is
 * taken from the client's request, because the upstream never knew it.
 */
import type { MatchConfig } from '../../config/build/config.ts';
import type { PathPattern, Segment } from '../../config/schema/path-pattern.ts';
import type { RewriteConfig } from '../rewrite.ts';
import { type RewriteShape, rewriteShape, type ShapeSegment } from './rewrite-shape.ts';

/**
 * @param path canonical, as the upstream has it
 * @param asked canonical path of the client's request
 * @returns `undefined` for a path that no request of this route leads to
 */
export type PathBack = (path: string, asked: string) => string | undefined;

/** `undefined`: there is no rewrite, so both sides speak of the same paths. */
export function compilePathBack(
  matches: readonly Pick<MatchConfig, 'path'>[],
  rewrite: RewriteConfig | undefined,
): PathBack | undefined {
  if (rewrite === undefined) return undefined;
  if (typeof rewrite === 'object') throw new TypeError('a regex cannot be turned round');
  const shape = rewriteShape(rewrite);
  const patterns = matches.map(({ path }) => path ?? ANY_PATH);
  return (path, asked) => {
    const askedSegments = segmentsOf(asked);
    const pattern = patterns.find((each) => fits(each, askedSegments));
    const found = pattern && readShape(shape, segmentsOf(path));
    return found && render(pattern, found, askedSegments);
  };
}

const ANY_PATH: PathPattern = {
  text: '/*',
  kind: 'prefix',
  segments: [],
  parameters: [],
  trailingSlash: false,
};

/** `/a/b/` has the segments `a`, `b` and an empty one. */
export const segmentsOf = (path: string): readonly string[] => path.split('/').slice(1);

/** Does a request for these segments come by `pattern`? Which one of several does not matter: all lead to one route. */
function fits({ kind, segments, trailingSlash }: PathPattern, asked: readonly string[]): boolean {
  const length = segments.length + (trailingSlash || segments.length === 0 ? 1 : 0);
  if (kind === 'exact' ? asked.length !== length : asked.length < segments.length) return false;
  return segments.every((segment, i) =>
    segment.kind === 'parameter' ? asked[i] !== '' : segment.text === asked[i],
  );
}

interface Found {
  /** Encoded, by name. */
  readonly values: ReadonlyMap<string, string>;
  /** Empty, or from a slash on. */
  readonly rest: string;
}

/** What stands in a path in the places of the rewrite's parameters, and after it. */
function readShape(
  { segments, keepsRest }: RewriteShape,
  path: readonly string[],
): Found | undefined {
  if (keepsRest ? path.length < segments.length : path.length !== segments.length) return undefined;
  const values = new Map<string, string>();
  for (const [i, segment] of segments.entries()) {
    const value = readSegment(segment, path[i]!);
    if (value === undefined) return undefined;
    if (segment.name !== undefined) values.set(segment.name, value);
  }
  return {
    values,
    rest: path
      .slice(segments.length)
      .map((each) => `/${each}`)
      .join(''),
  };
}

/** The value of its parameter, or an empty text if it has none; `undefined`: it does not fit. */
function readSegment({ before, name, after }: ShapeSegment, text: string): string | undefined {
  if (name === undefined) return text === before ? '' : undefined;
  if (text.length <= before.length + after.length) return undefined;
  if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
  return text.slice(before.length, text.length - after.length);
}

function render(
  { segments, trailingSlash }: PathPattern,
  found: Found,
  asked: readonly string[],
): string {
  const valueOf = (segment: Segment, i: number): string =>
    segment.kind === 'literal' ? segment.text : (found.values.get(segment.name) ?? asked[i]!);
  const base = segments.map((segment, i) => `/${valueOf(segment, i)}`).join('');
  return `${base}${trailingSlash ? '/' : ''}${found.rest}` || '/';
}
