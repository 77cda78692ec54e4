/** The budgets of the gateway, and whether it kept to them. */
import { cpuPerRequest, type Measurement } from './load/measurement.ts';
import { SUBJECT_NAMES } from './subjects/index.ts';
import { type GroupResult, type HeatResult, median, quotientOf, tailOf } from './summary.ts';

export interface Verdict {
  readonly claim: string;
  /** `undefined`: what it is about did not run. */
  readonly isKept: boolean | undefined;
  readonly measured: string;
}

/** A figure of one subject, by that of another in the same rounds. */
interface Budget {
  readonly name: string;
  readonly of: string;
  readonly claim: string;
  readonly figure: (measurement: Measurement) => number;
  readonly most: number;
}

const cost = (name: string, of: string, most: number): Budget => ({
  name,
  of,
  claim: `${name}: CPU at most ${most} × ${of}`,
  figure: cpuPerRequest,
  most,
});
const tail = (name: string, most: number): Budget => ({
  name,
  of: 'floor',
  claim: `${name}: p99 ÷ mean at most ${most} × that of floor`,
  figure: tailOf,
  most,
});
/** Every row that both have: `portico-tls` and `caddy-tls`, and so on. */
const below = (other: string): Budget[] =>
  [
    ['portico-bare', other] as const,
    ['portico-all', other] as const,
    ...SUBJECT_NAMES.filter((name) => name.startsWith('portico-')).map(
      (name) => [name, name.replace('portico', other)] as const,
    ),
  ]
    .filter(([, theirs]) => SUBJECT_NAMES.includes(theirs))
    .map(([name, of]) => ({ ...cost(name, of, 1), claim: `${name}: CPU below ${of}` }));

const BUDGETS: readonly Budget[] = [
  cost('portico-bare', 'floor', 1.12),
  cost('portico-all', 'floor', 1.27),
  cost('portico-aggregate', 'floor', 2.75),
  cost('portico-aggregate', 'fetch-aggregate', 0.5),
  cost('portico-page', 'floor', 3.2),
  cost('portico-up-10k', 'floor-up-10k', 1.15),
  cost('portico-unsampled', 'portico-bare', 1.03),
  cost('portico-traced-5', 'portico-bare', 1.05),
  ...['http-proxy', 'caddy'].flatMap(below),
  tail('portico-bare', 1.25),
  tail('portico-all', 1.25),
  tail('portico-aggregate', 1.4),
];

/** What a BFF's `app.forward` may cost beyond the package that it registers, by the floor. */
const MOST_BEYOND = 0.35;

/** What may be resident beyond the floor, in MiB. */
const MOST_MIB = 30;
const IN_MEMORY = ['portico-bare', 'portico-all', 'portico-aggregate'];

export function judge(groups: readonly GroupResult[]): Verdict[] {
  const heats = groups.flatMap((group) => group.heats);
  return [
    ...BUDGETS.map((budget) => judgeOne(budget, heats)),
    judgeForward(heats),
    ...IN_MEMORY.map((name) => judgeMemory(name, heats)),
    judgeAnswers(heats),
  ];
}

function judgeOne({ name, of, claim, figure, most }: Budget, heats: readonly HeatResult[]) {
  const quotients = heats.flatMap(({ rounds }) => quotientOf(figure, name, of, rounds) ?? []);
  return judged(claim, quotients[0]?.median, most, (value) => `${value.toFixed(2)} ×`);
}

function judgeForward(heats: readonly HeatResult[]): Verdict {
  const claim = `portico-forward: CPU at most that of http-proxy + ${MOST_BEYOND} × floor`;
  const beyond = heats.flatMap(({ rounds }) =>
    rounds.flatMap((round) => {
      const [mine, theirs, floor] = ['portico-forward', 'http-proxy', 'floor'].map((name) => {
        const found = round.get(name);
        return found && cpuPerRequest(found);
      });
      if (mine === undefined || theirs === undefined || floor === undefined) return [];
      return [(mine - theirs) / floor];
    }),
  );
  const value = beyond.length === 0 ? undefined : median(beyond);
  return judged(claim, value, MOST_BEYOND, (share) => `${share.toFixed(2)} × floor`);
}

function judgeMemory(name: string, heats: readonly HeatResult[]): Verdict {
  const claim = `${name}: RSS at most that of floor + ${MOST_MIB} MiB`;
  const residentOf = (which: string, { rounds }: HeatResult): number =>
    Math.max(...rounds.map((round) => round.get(which)?.residentBytes ?? Number.NaN));
  const [extra] = heats
    .map((heat) => (residentOf(name, heat) - residentOf('floor', heat)) / 1_048_576)
    .filter((mib) => !Number.isNaN(mib));
  return judged(claim, extra, MOST_MIB, (mib) => `${mib < 0 ? '' : '+'}${mib.toFixed(0)} MiB`);
}

function judged(
  claim: string,
  value: number | undefined,
  most: number,
  text: (value: number) => string,
): Verdict {
  if (value === undefined) return { claim, isKept: undefined, measured: 'not run' };
  return { claim, isKept: value <= most, measured: text(value) };
}

function judgeAnswers(heats: readonly HeatResult[]): Verdict {
  const rounds = heats.flatMap((heat) => [...heat.rounds, ...heat.halves]);
  const bad = rounds.flatMap((round) =>
    [...round].filter(([, { non2xx, errors }]) => non2xx + errors > 0).map(([name]) => name),
  );
  return {
    claim: 'no error, no answer but 2xx',
    isKept: bad.length === 0,
    measured: bad.length === 0 ? 'none' : [...new Set(bad)].join(', '),
  };
}
