/**
 * The confidence interval of a median: the percentile bootstrap (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993, chapter 13). It makes no assumption about the noise, which is far from normal here.
 */
import { seeded } from '../test/helpers/seeded.ts';
import { median } from './summary.ts';

export interface Interval {
  readonly median: number;
  /** 95 of 100 such intervals hold the true median. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 10_000;

/** @param values at least one; the same values give the same interval */
export function medianInterval(values: readonly number[]): Interval {
  const random = seeded(values.length);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)]!)),
  ).toSorted((a, b) => a - b);
  return {
    median: median(values),
    low: medians[Math.floor(RESAMPLES * 0.025)]!,
    high: medians[Math.floor(RESAMPLES * 0.975)]!,
  };
}
