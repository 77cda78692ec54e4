/** Judges one pair of answers, and keeps what that shows: counts, times, and what differed without its values. */
import type { UpstreamRequest } from '../../core/call.ts';
import { Slices } from '../../core/slices.ts';
import { clientOf } from '../../edge/client-exchange.ts';
import type { AnswerCopy } from './answer-copy.ts';
import { compareAnswers, differs, isOutsideJson, STATUS, type Verdict } from './comparison.ts';
import type { Difference } from './differ.ts';
import type { Mirror } from './mirror.ts';
import type { SeenDifference } from './mirror-state.ts';
import { shownValue } from './shown-value.ts';

/** What came of one of the two calls. */
export interface Side {
  /** The status, or the code of the failure. */
  readonly status: number | string;
  /** `undefined`: there was no whole answer. */
  readonly answer: AnswerCopy | undefined;
  /** To the head of the answer. */
  readonly ms: number;
}

/** Never rejects. */
export async function judge(
  mirror: Mirror,
  request: UpstreamRequest,
  primary: Side | 'none',
  own: Side,
): Promise<void> {
  const { context, route, config, state } = mirror;
  const { compare } = config;
  if (compare === undefined) return;
  if (primary === 'none') {
    context.onCompared(route, config.upstream, 'failed');
    return;
  }
  const verdict = await verdictOf(mirror, primary, own);
  context.onCompared(route, config.upstream, verdict.kind);
  if (own.answer !== undefined) {
    state.evidence.time(primary.ms, own.ms);
    context.onBothAnswered(route, config.upstream, primary.ms, own.ms);
  }
  if (verdict.kind === 'same') state.evidence.count([], compare.promote);
  if (verdict.kind !== 'different') return;
  const { found, isCut } = verdict;
  state.evidence.count(
    found.map(({ field }) => field),
    compare.promote,
  );
  if (compare.keep === 0) return;
  state.see({ ...seenIn(mirror, request, primary, own), ...told(found, mirror), isCut }, compare);
}

/** A mirror that gives no answer differs from a primary that gives one. */
async function verdictOf(mirror: Mirror, primary: Side, own: Side): Promise<Verdict> {
  const { config, rules, mirrors } = mirror;
  if (own.answer === undefined || primary.answer === undefined) {
    const found = [differs(STATUS, primary.status, own.status)];
    return { kind: 'different', found, isCut: false };
  }
  await mirrors.turn();
  const slices = new Slices(mirrors.turn);
  const [one, other] = [primary.answer, own.answer];
  return compareAnswers(one, other, config.compare!, { rules: rules!, slices });
}

const told = (
  found: readonly Difference[],
  { config }: Mirror,
): Pick<SeenDifference, 'differences'> => ({
  differences: found.map(({ path, field, kind, first, second }) => ({
    path,
    kind,
    primary: shownAt(field, first, config.compare!.showsValues),
    mirror: shownAt(field, second, config.compare!.showsValues),
  })),
});

const shownAt = (field: string, value: unknown, isShown: boolean): string =>
  isOutsideJson(field) ? String(value) : shownValue(value, field, isShown);

function seenIn(
  { context }: Mirror,
  { id, method, context: call }: UpstreamRequest,
  primary: Side,
  own: Side,
): Omit<SeenDifference, 'differences' | 'isCut'> {
  return {
    at: new Date(context.wallClock()).toISOString(),
    requestId: id,
    method,
    path: clientOf(call).path,
    primary: { status: primary.status, ms: Math.round(primary.ms) },
    mirror: { status: own.status, ms: Math.round(own.ms) },
  };
}
