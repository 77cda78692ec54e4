/**
 * Why a candidate whose path fits wins or loses, in words. Explaining alone asks; the conditions are the
 * ones that requests are matched by.
 *
 * It names what a condition looks at, never a value: those of requests may be secrets, and those of the
 * config are told with their place.
 */
import type { MatchConfig } from '../config/build/config.ts';
import {
  conditionsOf,
  type MatchRequest,
  type NamedCondition,
  type Verdict,
} from './conditions.ts';
import type { Candidate } from './search.ts';

export type CandidateOutcome = 'wins' | 'outranked' | 'fails' | 'unclear';

export interface CandidateVerdict {
  readonly outcome: CandidateOutcome;
  /** The first condition that failed, or what outranks it; empty for the winner. */
  readonly why: string;
}

/** The verdict on `candidate`, where `winner` was chosen. */
export function verdictOn(
  candidate: Candidate,
  request: MatchRequest,
  winner: Candidate | undefined,
): CandidateVerdict {
  const { methods } = candidate;
  if (methods !== undefined && !methods.has(request.method)) {
    const why = `the method is ${request.method}, and it serves ${[...methods].join(', ')}`;
    return { outcome: 'fails', why };
  }
  const failed = failedCondition(candidate.match, request);
  if (failed !== undefined) return failed;
  if (candidate === winner) return { outcome: 'wins', why: '' };
  return { outcome: 'outranked', why: outranking(winner) };
}

const outranking = (winner: Candidate | undefined): string =>
  winner === undefined ? 'one that comes first is unclear' : `${winner.route.name} comes first`;

/** One certain failure decides, whatever the others say, as in matching. */
function failedCondition(match: MatchConfig, request: MatchRequest): CandidateVerdict | undefined {
  let doubtful: CandidateVerdict | undefined;
  for (const condition of conditionsOf(match)) {
    const verdict: Verdict = condition.test(request);
    if (verdict === 'no') return { outcome: 'fails', why: whyNot(condition, match, request) };
    if (verdict !== 'yes') {
      doubtful ??= {
        outcome: 'unclear',
        why: `${verdict.about} has several values, of which only some fit`,
      };
    }
  }
  return doubtful;
}

function whyNot({ kind, name }: NamedCondition, match: MatchConfig, request: MatchRequest): string {
  if (kind === 'host') return `the host is none of ${match.hosts?.join(', ')}`;
  const what = { field: 'the field', cookie: 'the cookie', query: 'the query parameter' }[kind];
  const present = conditionsOf({ ...NO_CONDITIONS, [LISTS[kind]]: [[name, { kind: 'present' }]] });
  const isThere = present[0]!.test(request) === 'yes';
  return `${what} ${name} ${isThere ? 'has another value' : 'is absent'}`;
}

const NO_CONDITIONS: MatchConfig = { headers: [], cookies: [], query: [] };
const LISTS = { field: 'headers', cookie: 'cookies', query: 'query' } as const;
