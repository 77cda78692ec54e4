/** Compares what a test case expects with what came: each place that differs is told by itself. */
import { isDeepStrictEqual } from 'node:util';
import { type Matcher, matcherOf } from '../../config/cases/matchers.ts';
import type { Path } from '../../config/fault.ts';
import { isMap, type Tree } from '../../config/yaml/tree.ts';

export interface Difference {
  /** Place of the expectation in the file. */
  readonly path: Path;
  readonly expected: string;
  readonly got: string;
}

/** A value that is not there, which no JSON is. */
export const NOTHING = Symbol('nothing');

const LONGEST = 200;

/** A value in a message: short, and on one line. */
export function shown(value: unknown): string {
  if (value === NOTHING) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What differs; `path` is where `expected` is written. */
export function* compare(expected: unknown, actual: unknown, path: Path): Generator<Difference> {
  const matcher = matcherOf(expected);
  if (matcher !== undefined) yield* compareMatcher(matcher, actual, path);
  else if (isMap(expected) && isMap(actual)) yield* compareMaps(expected, actual, path, 'whole');
  else if (Array.isArray(expected) && Array.isArray(actual)) {
    yield* compareLists(expected, actual, path);
  } else if (!isDeepStrictEqual(expected, actual)) {
    yield { path, expected: shown(expected), got: shown(actual) };
  }
}

function* compareMaps(
  expected: Tree,
  actual: Tree,
  path: Path,
  much: 'whole' | 'part',
): Generator<Difference> {
  for (const [key, value] of Object.entries(expected)) {
    const got = Object.hasOwn(actual, key) ? actual[key] : NOTHING;
    yield* much === 'part'
      ? compareParts(value, got, [...path, key])
      : compare(value, got, [...path, key]);
  }
  if (much === 'part') return;
  for (const [key, value] of Object.entries(actual)) {
    if (Object.hasOwn(expected, key)) continue;
    yield { path: [...path, key], expected: shown(NOTHING), got: shown(value) };
  }
}

function* compareLists(
  expected: readonly unknown[],
  actual: readonly unknown[],
  path: Path,
): Generator<Difference> {
  if (expected.length !== actual.length) {
    const got = `${entries(actual.length)}: ${shown(actual)}`;
    yield { path, expected: entries(expected.length), got };
    return;
  }
  for (const [i, each] of expected.entries()) yield* compare(each, actual[i], [...path, i]);
}

const entries = (count: number): string => (count === 1 ? '1 entry' : `${count} entries`);

function* compareMatcher(matcher: Matcher, actual: unknown, path: Path): Generator<Difference> {
  switch (matcher.kind) {
    case 'includes':
      yield* compareParts(matcher.value, actual, [...path, 'includes']);
      return;
    case 'exactly':
      if (isDeepStrictEqual(matcher.value, actual)) return;
      yield { path: [...path, 'exactly'], expected: shown(matcher.value), got: shown(actual) };
      return;
    default:
      if (!fits(matcher, actual)) yield { path, expected: described(matcher), got: shown(actual) };
  }
}

type Simple = Exclude<Matcher, { readonly kind: 'includes' | 'exactly' }>;

function fits(matcher: Simple, actual: unknown): boolean {
  switch (matcher.kind) {
    case 'absent':
      return actual === NOTHING;
    case 'present':
      return actual !== NOTHING;
    case 'type':
      return typeOf(actual) === matcher.name;
    case 'matches':
      return isScalar(actual) && new RegExp(matcher.pattern, 'u').test(String(actual));
  }
}

function described(matcher: Simple): string {
  switch (matcher.kind) {
    case 'absent':
      return 'nothing';
    case 'present':
      return 'anything';
    case 'type':
      return `a value of the type ${matcher.name}`;
    case 'matches':
      return `a match of /${matcher.pattern}/`;
  }
}

const isScalar = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (isMap(value)) return 'map';
  return typeof value === 'string' ? 'text' : typeof value;
}

/** Maps may have more keys, lists more entries, and texts more around it. */
function* compareParts(expected: unknown, actual: unknown, path: Path): Generator<Difference> {
  if (matcherOf(expected) === undefined) {
    if (isMap(expected) && isMap(actual)) {
      yield* compareMaps(expected, actual, path, 'part');
      return;
    }
    if (Array.isArray(expected) && Array.isArray(actual)) {
      yield* missingEntries(expected, actual, path);
      return;
    }
    const isPart = path.at(-1) === 'includes';
    if (isPart && typeof expected === 'string' && typeof actual === 'string') {
      if (actual.includes(expected)) return;
      yield { path, expected: `a text that holds ${shown(expected)}`, got: shown(actual) };
      return;
    }
  }
  yield* compare(expected, actual, path);
}

/** Each entry wants one of its own; their order is free. */
function* missingEntries(
  expected: readonly unknown[],
  actual: readonly unknown[],
  path: Path,
): Generator<Difference> {
  const left = [...actual];
  for (const [i, each] of expected.entries()) {
    const at = left.findIndex((one) => [...compareParts(each, one, [...path, i])].length === 0);
    if (at >= 0) left.splice(at, 1);
    else yield { path: [...path, i], expected: `an entry like ${shown(each)}`, got: shown(actual) };
  }
}
