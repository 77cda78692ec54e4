/**
 * Rates and times of the last seconds, from what metrics count anyway: nothing is added to a request.
 *
 * It compares the counts of two moments. Whoever looks calls `begin` once and then `step` about once a second; a
 * name is the first word of a series: a route, or an upstream.
 */
import type { Counted } from './tally.ts';

/** What happened to one name within the window. */
export interface Counts {
  events: number;
  /** Those with a status of 500 and above, or with no status at all. */
  errors: number;
  /** Those with a status of 400 to 499. */
  refusals: number;
  /** By duration, as in {@link Counted}. */
  readonly buckets: Float64Array;
}

/** The window has so many steps. */
const STEPS = 10;

interface Step {
  readonly seconds: number;
  readonly byName: ReadonlyMap<string, Counts>;
}

/** What a series had counted at the last step. */
interface Before {
  total: number;
  errors: number;
  refusals: number;
  readonly buckets: Float64Array;
}

export class Traffic {
  readonly #read: () => Iterable<Counted>;
  #before = new WeakMap<object, Before>();
  #steps: readonly Step[] = [];
  /** The sum of the steps, kept up with each: there may be ten thousand names. */
  readonly #sums = new Map<string, Counts>();

  constructor(read: () => Iterable<Counted>) {
    this.#read = read;
  }

  /** Takes the counts as they are; nothing is known until the first step. */
  begin(): void {
    this.#before = new WeakMap();
    this.#steps = [];
    this.#sums.clear();
    for (const { series } of this.#read()) this.#before.set(series, countOf(series));
  }

  /** `seconds` have passed since the last step, or since the beginning. */
  step(seconds: number): void {
    const byName = new Map<string, Counts>();
    for (const { words, series } of this.#read()) {
      const before = this.#before.get(series) ?? NOTHING;
      // Most routes of a large config are quiet.
      if (totalOf(series.buckets) === before.total) continue;
      const now = countOf(series);
      this.#before.set(series, now);
      add(countsIn(byName, words[0]!, now.buckets.length), difference(now, before));
    }
    for (const [name, counts] of byName)
      add(countsIn(this.#sums, name, counts.buckets.length), counts);
    if (this.#steps.length === STEPS) this.#forget(this.#steps[0]!);
    this.#steps = [...this.#steps.slice(1 - STEPS), { seconds, byName }];
  }

  /** How much time the window spans: up to about ten seconds; 0 before the first step. */
  get seconds(): number {
    const sum = this.#steps.reduce((all, { seconds }) => all + seconds, 0);
    return Math.round(sum * 1_000) / 1_000;
  }

  /** Every name with an event in the window. */
  get byName(): ReadonlyMap<string, Counts> {
    return this.#sums;
  }

  #forget({ byName }: Step): void {
    for (const [name, counts] of byName) {
      const sum = this.#sums.get(name)!;
      add(sum, counts, -1);
      if (sum.events <= 0) this.#sums.delete(name);
    }
  }
}

const NOTHING: Before = { total: 0, errors: 0, refusals: 0, buckets: new Float64Array() };

/** The sum of all. */
export function sumOfCounts(all: readonly Counts[]): Counts {
  const sum = noCounts(all[0]?.buckets.length ?? 0);
  for (const each of all) add(sum, each);
  return sum;
}

const noCounts = (buckets: number): Counts => ({
  events: 0,
  errors: 0,
  refusals: 0,
  buckets: new Float64Array(buckets),
});

function countsIn(all: Map<string, Counts>, name: string, buckets: number): Counts {
  const known = all.get(name);
  if (known !== undefined) return known;
  const counts = noCounts(buckets);
  all.set(name, counts);
  return counts;
}

/** With `sign` -1, takes it away. */
function add(sum: Counts, more: Counts, sign: 1 | -1 = 1): void {
  sum.events += sign * more.events;
  sum.errors += sign * more.errors;
  sum.refusals += sign * more.refusals;
  for (let i = 0; i < more.buckets.length; i++) sum.buckets[i]! += sign * more.buckets[i]!;
}

function countOf({ buckets, counts }: Counted['series']): Before {
  const now = { total: totalOf(buckets), errors: 0, refusals: 0, buckets: buckets.slice() };
  for (const { words, value } of counts.filled()) {
    const status = Number(words.at(-1));
    // The code of a failure is not a number.
    if (!(status < 500)) now.errors += words.at(-1) === 'other' ? 0 : value;
    else if (status >= 400) now.refusals += value;
  }
  return now;
}

function totalOf(buckets: Readonly<Float64Array>): number {
  let total = 0;
  for (const count of buckets) total += count;
  return total;
}

/** The counts of a target that is gone are gone too, so a sum may be smaller than before. */
function difference(now: Before, before: Before): Counts {
  return {
    events: now.total - before.total,
    errors: Math.max(now.errors - before.errors, 0),
    refusals: Math.max(now.refusals - before.refusals, 0),
    buckets: now.buckets.map((count, i) => count - (before.buckets[i] ?? 0)),
  };
}

/**
 * The duration in seconds that a `share` (0 to 1) of the events did not exceed, by linear interpolation within its
 * bucket, as Prometheus' `histogram_quantile` has it; the last bound, if it is beyond that.
 *
 * @returns `undefined` if there were no events
 */
export function quantile(
  share: number,
  buckets: Readonly<Float64Array>,
  bounds: readonly number[],
): number | undefined {
  const total = totalOf(buckets);
  if (total === 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (const [i, bound] of bounds.entries()) {
    const count = buckets[i]!;
    if (below + count >= rank && count > 0) {
      const from = bounds[i - 1] ?? 0;
      return from + (bound - from) * ((rank - below) / count);
    }
    below += count;
  }
  return bounds.at(-1);
}
