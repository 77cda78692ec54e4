/**
 * Finds where two JSON values differ, by rules. It knows nothing of HTTP.
 *
 * Values are trees as `Json.distinct` gives them: numbers are compared as they were written, so that an id past 2^53
 * counts digit by digit, while `1.0` and `1` are one number. The work is done in steps, for `inSlices`.
 */
import { decimalOf, numberText } from '../../core/json-number.ts';
import type { DiffRules } from './diff-rules.ts';
import { canonicalText, instantOf } from './normal-form.ts';
import { fieldOf, pathOf, type Place } from './place.ts';

/** `missing` and `extra` as seen from the first value: the second lacks it, or has it in addition. */
export type DifferenceKind = 'missing' | 'extra' | 'type' | 'value';

export interface Difference {
  /** `items[3].price`; empty for the whole value. */
  readonly path: string;
  /** `items[].price` */
  readonly field: string;
  readonly kind: DifferenceKind;
  /** `undefined` where there is none. */
  readonly first: unknown;
  readonly second: unknown;
}

export interface Differences {
  /** In the order of the first value. */
  readonly found: readonly Difference[];
  /** There may be more: it was not looked further. */
  readonly isCut: boolean;
}

/** Two values at one place. */
interface Pair {
  readonly place: Place | undefined;
  readonly rules: DiffRules;
  readonly first: unknown;
  readonly second: unknown;
}

/** Pairs still to be compared; `undefined` is a pause. */
type Pairs = Iterator<Pair | undefined>;

/** Work between two offers to pause. */
const STEPS = 256;

/** Compares `first` with `second`, up to `most` differences. Yields now and then. */
export function* diff(
  first: unknown,
  second: unknown,
  rules: DiffRules,
  most: number,
): Generator<undefined, Differences> {
  const found: Difference[] = [];
  const open: Pairs[] = [[{ place: undefined, rules, first, second }].values()];
  for (let steps = 1; open.length > 0; steps++) {
    if (steps % STEPS === 0) yield;
    const next = open.at(-1)!.next();
    if (next.done === true) open.pop();
    else if (next.value === undefined) yield;
    else {
      const result = compare(next.value);
      if (result === undefined) continue;
      if (typeof result !== 'string') open.push(result);
      else if (found.length < most) found.push(difference(next.value, result));
      else return { found, isCut: true };
    }
  }
  return { found, isCut: false };
}

/** How a pair differs, or the pairs that it consists of; `undefined` if it does not differ. */
function compare({ place, rules, first, second }: Pair): DifferenceKind | Pairs | undefined {
  if (first === second || rules.isIgnored) return undefined;
  if (first === undefined) return 'extra';
  if (second === undefined) return 'missing';
  const kind = kindOf(first);
  if (kind !== kindOf(second)) return 'type';
  switch (kind) {
    case 'list': {
      // The casts hold: both are of this kind.
      const lists = [first as readonly unknown[], second as readonly unknown[]] as const;
      return rules.isUnordered
        ? unorderedPairs(place, rules, ...lists)
        : orderedPairs(place, rules, ...lists);
    }
    case 'object':
      return fieldPairs(place, rules, first as JsonObject, second as JsonObject);
    case 'number':
      return isSameNumber(numberText(first)!, numberText(second)!, rules) ? undefined : 'value';
    case 'string':
      return rules.isDate && isSameInstant(first as string, second as string) ? undefined : 'value';
    default:
      return 'value';
  }
}

const difference = ({ place, first, second }: Pair, kind: DifferenceKind): Difference => ({
  path: pathOf(place),
  field: fieldOf(place),
  kind,
  first,
  second,
});

type JsonObject = Readonly<Record<string, unknown>>;
type JsonKind = 'null' | 'list' | 'object' | 'string' | 'number' | 'boolean';

/** What JSON calls the value. */
export function kindOf(value: unknown): JsonKind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (numberText(value) !== undefined) return 'number';
  // JSON has no other types.
  return typeof value as 'object' | 'string' | 'boolean';
}

function* orderedPairs(
  above: Place | undefined,
  rules: DiffRules,
  first: readonly unknown[],
  second: readonly unknown[],
): Generator<Pair> {
  const own = rules.member();
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    yield { place: { above, at }, rules: own, first: first[at], second: second[at] };
  }
}

/** Members that occur in both are left out; the rest are compared in their order. */
function* unorderedPairs(
  above: Place | undefined,
  rules: DiffRules,
  first: readonly unknown[],
  second: readonly unknown[],
): Generator<Pair | undefined> {
  const own = rules.member();
  const unpaired = new Map<string, number[]>();
  for (const [at, member] of second.entries()) {
    const text = canonicalText(member, own);
    const same = unpaired.get(text);
    if (same === undefined) unpaired.set(text, [at]);
    else same.push(at);
    yield undefined;
  }
  // From the end, so that the first of several equal ones is taken first.
  for (const same of unpaired.values()) same.reverse();
  const left: number[] = [];
  for (const [at, member] of first.entries()) {
    if (unpaired.get(canonicalText(member, own))?.pop() === undefined) left.push(at);
    yield undefined;
  }
  const right = [...unpaired.values()].flat().toSorted((one, other) => one - other);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const at = left[i] ?? right[i]!;
    const [one, other] = [valueAt(first, left[i]), valueAt(second, right[i])];
    yield { place: { above, at }, rules: own, first: one, second: other };
  }
}

const valueAt = (list: readonly unknown[], at: number | undefined): unknown =>
  at === undefined ? undefined : list[at];

function* fieldPairs(
  above: Place | undefined,
  rules: DiffRules,
  first: JsonObject,
  second: JsonObject,
): Generator<Pair> {
  for (const at in first) {
    const other = Object.hasOwn(second, at) ? second[at] : undefined;
    yield { place: { above, at }, rules: rules.field(at), first: first[at], second: other };
  }
  for (const at in second) {
    if (Object.hasOwn(first, at)) continue;
    yield { place: { above, at }, rules: rules.field(at), first: undefined, second: second[at] };
  }
}

function isSameNumber(first: string, second: string, { tolerance }: DiffRules): boolean {
  if (first === second || decimalOf(first) === decimalOf(second)) return true;
  return tolerance > 0 && Math.abs(Number(first) - Number(second)) <= tolerance * (1 + EPSILON);
}

/** 0.3 and 0.1 + 0.2: a difference that a decimal fraction would not have. */
const EPSILON = 1e-9;

function isSameInstant(first: string, second: string): boolean {
  const instant = instantOf(first);
  return instant !== undefined && instant === instantOf(second);
}
