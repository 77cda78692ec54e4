/** What the pairs show, row by row. */
import { type Interval, medianInterval } from '../bootstrap.ts';
import { formatRows } from '../report.ts';
import { median } from '../summary.ts';
import { MOST } from './options.ts';
import type { Pair } from './pairs.ts';

export interface RowVerdict {
  readonly name: string;
  /** Now by before. */
  readonly ratios: Interval;
  readonly beforeUs: number;
  readonly nowUs: number;
}

export const judge = (name: string, pairs: readonly Pair[]): RowVerdict => ({
  name,
  ratios: medianInterval(pairs.map(({ before, now }) => now.get(name)! / before.get(name)!)),
  beforeUs: median(pairs.map(({ before }) => before.get(name)!)),
  nowUs: median(pairs.map(({ now }) => now.get(name)!)),
});

export const isWorse = ({ ratios }: RowVerdict): boolean => ratios.low > MOST;

export const formatRowVerdicts = (verdicts: readonly RowVerdict[], revision: string): string =>
  formatRows(
    ['row', `${revision} µs`, 'now µs', 'ratio', '95 %', ''],
    verdicts.map((verdict) => [
      verdict.name,
      verdict.beforeUs.toFixed(1),
      verdict.nowUs.toFixed(1),
      verdict.ratios.median.toFixed(3),
      `${verdict.ratios.low.toFixed(3)}–${verdict.ratios.high.toFixed(3)}`,
      isWorse(verdict) ? 'FAIL' : 'pass',
    ]),
  );
