/**
 * The weights of a split's sides at a time, and the buckets that follow from them.
 *
 * A client's bucket is a number in [0, 1) that never changes. The last side has the buckets from 0 up to its share, the
 * one before it those that follow, and so on; the first side has the rest. So a side that grows takes buckets only
 * from the sides before it, and whoever was in it stays in it, or goes on to a later one.
 */
import { folded, mix } from '../core/hash.ts';
import type { SideConfig } from './split-config.ts';

/** What a first side without a weight completes. */
export const WHOLE = 100;

/** The weights of `sides`, and how long they hold, in milliseconds since 1970. */
export interface Weights {
  readonly weights: readonly number[];
  readonly from: number;
  /** `Infinity` once the last ramp has ended. */
  readonly until: number;
}

type Weighted = Pick<SideConfig, 'weight' | 'ramp'>;

/** @param at milliseconds since 1970 */
export function weightsAt(sides: readonly Weighted[], at: number): Weights {
  const steps = sides.flatMap(({ ramp }) => ramp.map(({ atMs }) => atMs));
  const known = sides.map((side) => ownWeight(side, at));
  const rest = WHOLE - known.reduce<number>((sum, weight) => sum + (weight ?? 0), 0);
  return {
    weights: known.map((weight) => weight ?? Math.max(rest, 0)),
    from: Math.max(...steps.filter((step) => step <= at), Number.NEGATIVE_INFINITY),
    until: Math.min(...steps.filter((step) => step > at), Number.POSITIVE_INFINITY),
  };
}

/** That of the last step that has come. */
const ownWeight = ({ weight, ramp }: Weighted, at: number): number | undefined =>
  ramp.findLast(({ atMs }) => atMs <= at)?.weight ?? weight;

/** The share of each, 0 to 1. */
export function sharesOf(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Where the buckets of each side end; those of the first end at 1. */
export function edgesOf(weights: readonly number[]): readonly number[] {
  const upTo = weights.map((_weight, i) =>
    weights.slice(i).reduceRight((sum, each) => sum + each, 0),
  );
  return upTo.map((sum) => sum / upTo[0]!);
}

/** The side that has `bucket`: its place in the list. */
export function sideOf(bucket: number, edges: readonly number[]): number {
  let side = edges.length - 1;
  while (side > 0 && bucket >= edges[side]!) side -= 1;
  return side;
}

/** Gives the bucket of a client by its key, in [0, 1): the same in every process, under every config. */
export function bucketsOf(salt: string): (key: string) => number {
  const seed = folded(`${salt}\n`);
  return (key) => mix(folded(key, seed)) / 2 ** 32;
}
