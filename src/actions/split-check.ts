/** Finds what a schema cannot see in a split: sides that are one, weights that make no shares, unknown clients. */
import type { WrittenAction } from '../config/actions.ts';
import { checkConditions } from '../config/check/conditions.ts';
import { checkKeyedSource } from '../config/check/plugins.ts';
import { hasMisspelt } from '../config/check/upstreams.ts';
import { parseInstant } from '../config/schema/units.ts';
import type { Finding, Path } from '../config/fault.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { WHOLE, weightsAt } from '../routes/split-weights.ts';
import { forward } from './forward.ts';
import { checkMirrors } from './mirror-options.ts';
import { checkRewrite } from './rewrite-options.ts';
import { SIDE_KEYS } from './split-schema.ts';

export function* checkSplit(written: WrittenAction): Generator<Finding> {
  const { route, at, unidentifying, keyed } = written;
  yield* checkSticky(route, at, unidentifying, keyed);
  yield* checkMirrors(written);
  yield* checkRewrite(written);
  const { split } = route;
  if (!Array.isArray(split)) return;
  const path = [...at, 'split'];
  const names = new Map<unknown, number>();
  for (const [i, side] of split.entries()) {
    if (!isMap(side)) continue;
    const { upstream } = side;
    if (typeof upstream === 'string' && names.has(upstream)) {
      const message = `is the upstream of split[${names.get(upstream)}], too: one side each`;
      yield { path: [...path, i, 'upstream'], message };
    } else names.set(upstream, i);
    yield* checkSide(side, [...path, i], i, written);
  }
  yield* checkWeights(split, path);
}

function* checkSticky(
  { sticky, salt }: Tree,
  at: Path,
  unidentifying: readonly string[],
  keyed: ReadonlySet<string>,
): Generator<Finding> {
  yield* checkKeyedSource(sticky, keyed, [...at, 'sticky']);
  if (typeof sticky === 'string' && sticky.startsWith('claim:') && unidentifying.length > 0) {
    const message = needsOneOf(unidentifying);
    yield { path: [...at, 'sticky'], message };
  }
  if (salt === undefined || sticky !== undefined) return;
  const message = 'needs "sticky": without a key there is nothing to divide alike';
  yield { path: [...at, 'salt'], at: 'key', message };
}

function* checkSide(
  side: Tree,
  at: Path,
  place: number,
  written: WrittenAction,
): Generator<Finding> {
  const { upstream, rewrite, when, abort, ramp, weight } = side;
  const { rewriteBack } = written.route;
  yield* forward.check?.({ ...written, at, route: { upstream, rewrite, rewriteBack } }) ?? [];
  if (isMap(when)) yield* checkConditions(when, [...at, 'when'], written.unidentifying);
  yield* checkRamp(ramp, [...at, 'ramp']);
  if (place === 0 && abort !== undefined) {
    const message = 'the first side cannot be aborted: the requests of the others go there';
    yield { path: [...at, 'abort'], at: 'key', message };
  }
  if (place === 0 || weight !== undefined || ramp !== undefined) return;
  if (hasMisspelt(['weight', 'ramp'], side, at, SIDE_KEYS)) return;
  const message = 'has no weight: only the first side gets the rest to 100';
  yield { path: at, message };
}

function* checkRamp(ramp: unknown, at: Path): Generator<Finding> {
  let last = Number.NEGATIVE_INFINITY;
  for (const [i, { atMs }] of stepsOf(ramp).entries()) {
    if (atMs <= last) {
      yield { path: [...at, i, 'at'], message: 'must be later than the step before it' };
    }
    last = atMs;
  }
}

/** At every time, the sides must have something to divide; with a first side that gets the rest, at most 100. */
function* checkWeights(split: readonly unknown[], path: Path): Generator<Finding> {
  const maps = split.filter(isMap);
  // The schema reports what is no weight.
  if (maps.length < 2 || !maps.every(({ weight }) => isWeight(weight ?? 0))) return;
  const sides = maps.map(({ weight, ramp }, i) => ({
    weight: typeof weight === 'number' ? weight : i === 0 ? undefined : 0,
    ramp: stepsOf(ramp),
  }));
  const hasRest = sides[0]!.weight === undefined;
  const times = sides.flatMap(({ ramp }) => ramp.map(({ atMs }) => atMs));
  for (const time of [Number.NEGATIVE_INFINITY, ...new Set(times.toSorted((a, b) => a - b))]) {
    const sum = weightsAt(sides, time).weights.reduce((all, each) => all + each, 0);
    const from = Number.isFinite(time) ? ` from ${new Date(time).toISOString()}` : '';
    if (hasRest ? sum <= WHOLE + ROUNDING : sum > 0) continue;
    const message = hasRest
      ? `the weights add up to ${sum}${from}, and the first side, which has none, gets the rest to ${WHOLE}`
      : `all weights are 0${from}: some side must have more`;
    yield { path, message };
    return;
  }
}

/** Claims are known of clients that a plugin has identified. */
const needsOneOf = (plugins: readonly string[]): string =>
  `needs one of ${plugins.join(', ')} on this route`;

/** 33.3 and 66.7 may be a little more than 100. */
const ROUNDING = 1e-9;

const isWeight = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/** Those that can be read; the schema reports the others. */
function stepsOf(ramp: unknown): { readonly atMs: number; readonly weight: number }[] {
  if (!Array.isArray(ramp)) return [];
  return ramp.flatMap((step) => {
    if (!isMap(step)) return [];
    const { at, weight } = step;
    if (typeof at !== 'string' || typeof weight !== 'number' || weight < 0) return [];
    try {
      return [{ atMs: parseInstant(at), weight }];
    } catch {
      return [];
    }
  });
}
