/** The budgets of the gateway (design: Performance), and whether it kept to them. */
import type { Contestant } from './contestants.ts';
import { type Line, ratioOf, type Round } from './summary.ts';

export interface Verdict {
  readonly claim: string;
  /** `undefined`: what it is about did not run. */
  readonly isKept: boolean | undefined;
  readonly measured: string;
}

interface Budget {
  readonly name: Contestant;
  readonly of: Contestant;
  readonly claim: string;
  /** Times the CPU of `of`. */
  readonly most: number;
}

const BUDGETS: readonly Budget[] = [
  { name: 'portico-all', of: 'floor', claim: 'everything on: at most 1.6 × floor', most: 1.6 },
  { name: 'portico-all', of: 'http-proxy', claim: 'everything on: less than http-proxy', most: 1 },
  { name: 'portico-bare', of: 'floor', claim: 'nothing on: at most 1.35 × floor', most: 1.35 },
  {
    name: 'portico-aggregate',
    of: 'floor-aggregate',
    claim: 'aggregate: at most 1.5 × the floor of an aggregate',
    most: 1.5,
  },
];

export function judge(lines: readonly Line[], rounds: readonly Round[]): Verdict[] {
  return [...BUDGETS.map((budget) => judgeOne(budget, rounds)), judgeAnswers(lines)];
}

function judgeOne({ name, of, claim, most }: Budget, rounds: readonly Round[]): Verdict {
  const ratio = ratioOf(name, of, rounds);
  if (ratio === undefined) return { claim, isKept: undefined, measured: 'not run' };
  return { claim, isKept: ratio <= most, measured: `${ratio.toFixed(2)} ×` };
}

function judgeAnswers(lines: readonly Line[]): Verdict {
  const bad = lines.filter(({ non2xx, errors }) => non2xx + errors > 0).map(({ name }) => name);
  return {
    claim: 'no error, no answer but 2xx',
    isKept: bad.length === 0,
    measured: bad.length === 0 ? 'none' : bad.join(', '),
  };
}
