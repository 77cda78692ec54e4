/**
 * What is to be done next to move a route from its old upstream to a new one, by what is known of it now. A table of cases,
 * and no more: it is advice for operators, and nothing comes of it by itself.
 */
import type { MigrationMirror, MigrationSide, NextStep } from './page-data.ts';

/** Where a route stands. */
export interface Standing {
  readonly route: string;
  /** The old one first. One, if the route is not split; none, if it does not forward. */
  readonly sides: readonly MigrationSide[];
  readonly mirrors: readonly MigrationMirror[];
  /** The upstream of the next wider route, out of which this one may have been cut. */
  readonly around?: string | undefined;
  /** How many routes that move have been cut out of this one. */
  readonly parts: number;
}

/** So many calls say something about a side. */
const ENOUGH_CALLS = 20;
/** A side may fail so much more than the first one, 0 to 1. */
const MORE_FAILURES = 0.01;
/** It may fail so much if the first one has too few calls to compare with. */
const MOST_FAILURES = 0.05;

export function nextStep(standing: Standing): NextStep {
  const [first, ...others] = standing.sides;
  if (first === undefined) return { step: 'none', words: 'it does not forward to one upstream' };
  return others.length === 0 ? ofWhole(standing, first) : ofSplit(standing, first, others);
}

/** One upstream answers all of it. */
function ofWhole({ mirrors, around, parts }: Standing, { upstream }: MigrationSide): NextStep {
  const isCutOut = around !== undefined && around !== upstream;
  const [mirror] = mirrors;
  if (mirror === undefined) {
    if (isCutOut) return { step: 'done', words: `${upstream} answers all of it` };
    return around === undefined ? seam(parts) : MIRROR;
  }
  if (isCutOut && mirror.upstream === around) {
    return { step: 'tidy', words: `${upstream} answers all of it: remove the mirror` };
  }
  return (
    notYet(mirror) ?? {
      step: 'promote',
      words: `promote: replace the upstream by a split, with ${mirror.upstream} at weight 1`,
    }
  );
}

const MIRROR: NextStep = {
  step: 'mirror',
  words: 'give it a mirror that compares the new service with this one',
};

function seam(parts: number): NextStep {
  const before = parts === 0 ? '' : `${parts} cut out of it so far; `;
  return {
    step: 'seam',
    words: `${before}to move ${parts === 0 ? 'a' : 'another'} part, cut a seam: a route of its own, with a mirror`,
  };
}

/** What the mirror's answers say against its service. */
function notYet({ upstream, comparison }: MigrationMirror): NextStep | undefined {
  if (comparison === undefined) {
    return { step: 'compare', words: `let the mirror compare: ${upstream} gets copies only` };
  }
  const { compared, minimum, ratio, fields, advice } = comparison;
  const [worst] = fields;
  const at = worst === undefined ? '' : ` at ${worst.field}`;
  if (compared < minimum) {
    const soFar = ratio === 0 ? '' : `, ${percent(ratio)} differ, most${at}`;
    return { step: 'wait', words: `${compared} of ${minimum} compared${soFar}` };
  }
  if (advice === 'promote') return undefined;
  return {
    step: 'differs',
    words: `${upstream} differs in ${percent(ratio)}, most${at}: repair it, or ignore what is harmless`,
  };
}

function ofSplit(
  standing: Standing,
  first: MigrationSide,
  others: readonly MigrationSide[],
): NextStep {
  return (
    outOrFailing(standing.route, first, others) ??
    finished(others, standing.mirrors) ??
    firstOf(standing.mirrors.map(differing)) ??
    growing(others)
  );
}

function outOrFailing(
  route: string,
  first: MigrationSide,
  others: readonly MigrationSide[],
): NextStep | undefined {
  for (const { upstream, aborted } of others) {
    if (aborted === undefined) continue;
    const back = `portico split ${route} --auto ${upstream}`;
    return { step: 'aborted', words: `repair ${upstream} (${aborted.why}), then ${back}` };
  }
  const failing = others.find((side) => side.share > 0 && failsMore(side, first));
  return (
    failing && {
      step: 'failing',
      words: `${failing.upstream} fails ${failureWords(failing)}, ${first.upstream} ${failureWords(first)}: repair it`,
    }
  );
}

function failsMore(side: MigrationSide, first: MigrationSide): boolean {
  if (callsOf(side) < ENOUGH_CALLS) return false;
  const most = callsOf(first) < ENOUGH_CALLS ? MOST_FAILURES : failed(first) + MORE_FAILURES;
  return failed(side) > most;
}

const callsOf = ({ traffic }: MigrationSide): number => traffic?.calls ?? 0;
const failed = ({ traffic }: MigrationSide): number =>
  traffic === undefined || traffic.calls === 0 ? 0 : traffic.failures / traffic.calls;
const failureWords = (side: MigrationSide): string =>
  `${percent(failed(side))} of ${callsOf(side)} calls`;

function finished(
  others: readonly MigrationSide[],
  mirrors: readonly MigrationMirror[],
): NextStep | undefined {
  const all = others.find(({ share }) => share === 1);
  const too = mirrors.length === 0 ? '' : ', and remove the mirror';
  return (
    all && {
      step: 'finish',
      words: `100 %: replace the split by \`upstream: ${all.upstream}\`${too}`,
    }
  );
}

/** Only that: a side that serves has been promoted, however few answers are compared now. */
function differing(mirror: MigrationMirror): NextStep | undefined {
  const step = notYet(mirror);
  return step?.step === 'differs' ? step : undefined;
}

function growing(others: readonly MigrationSide[]): NextStep {
  for (const { upstream, next } of others) {
    if (next === undefined) continue;
    return { step: 'ramp', words: `ramp: ${upstream} gets weight ${next.weight} at ${next.at}` };
  }
  const newest = others.at(-1)!;
  const grown = others.findLast((side) => side.share > 0) ?? newest;
  const { upstream, share } = grown;
  const calls = callsOf(grown);
  if (share === 0) return { step: 'begin', words: `begin: give ${upstream} weight 1` };
  const few = calls < ENOUGH_CALLS ? `; too few calls in the last minute: ${calls}` : '';
  return {
    step: 'grow',
    words: `grow: ${upstream} has ${percent(share)}, raise its weight${few}`,
  };
}

const firstOf = (steps: readonly (NextStep | undefined)[]): NextStep | undefined =>
  steps.find((step) => step !== undefined);

/** `3 %`, of a whole of 1: what is not 0 is never shown as 0. */
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
