/**
 * Finds what differs between two configs, as they were written.
 *
 * It may be interrupted wherever it yields: there may be ten thousand routes.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

export interface Change {
  readonly path: Path;
  /** `undefined`: it was not there. */
  readonly before: unknown;
  /** `undefined`: it is gone. */
  readonly after: unknown;
}

export interface Comparison {
  readonly found: (change: Change) => void;
  /** What lies below this path is not looked into: it changes as a whole. */
  readonly isClosed: (path: Path) => boolean;
}

/** Shows each change to `found`. */
export function compare(
  before: Tree,
  after: Tree,
  comparison: Comparison,
): Generator<undefined, void> {
  return compareMaps([], before, after, comparison);
}

/** Do the names that both have stand in another order? */
export function isReordered(before: Tree, after: Tree): boolean {
  const common = Object.keys(after).filter((name) => Object.hasOwn(before, name));
  let i = 0;
  for (const name of Object.keys(before)) {
    if (Object.hasOwn(after, name) && common[i++] !== name) return true;
  }
  return false;
}

function* compareValues(change: Change, comparison: Comparison): Generator<undefined, void> {
  yield;
  const { path, before, after } = change;
  const isSection = path.length === 1 && [before, after].every(isMapOrAbsent);
  // Too long to be compared in one go.
  if (!isSection && isDeepStrictEqual(before, after)) return;
  if (comparison.isClosed(path)) comparison.found(change);
  else if (isSection || (isMap(before) && isMap(after))) {
    yield* compareMaps(path, mapOf(before), mapOf(after), comparison);
  } else if (isListOfMaps(before) && isListOfMaps(after) && before.length === after.length) {
    // Of another length, it is another list: which of its members have moved is anybody's guess.
    for (const [i, each] of before.entries()) {
      yield* compareValues({ path: [...path, i], before: each, after: after[i] }, comparison);
    }
  } else comparison.found(change);
}

function* compareMaps(
  path: Path,
  before: Tree,
  after: Tree,
  comparison: Comparison,
): Generator<undefined, void> {
  for (const key of keysOf(before, after)) {
    const change = { path: [...path, key], before: own(before, key), after: own(after, key) };
    yield* compareValues(change, comparison);
  }
}

const isListOfMaps = (value: unknown): value is readonly Tree[] =>
  Array.isArray(value) && value.every(isMap);

/** A section without members may be written as nothing at all. */
const isMapOrAbsent = (value: unknown): boolean =>
  value === undefined || value === null || isMap(value);
const mapOf = (value: unknown): Tree => (isMap(value) ? value : {});
const keysOf = (before: Tree, after: Tree): ReadonlySet<string> =>
  new Set([...Object.keys(after), ...Object.keys(before)]);
const own = (map: Tree, key: string): unknown => (Object.hasOwn(map, key) ? map[key] : undefined);
