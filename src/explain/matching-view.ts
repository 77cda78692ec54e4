/** Which routes were candidates for a request, and why each wins or loses. */
import type { Trace } from '../assembly/explain-trace.ts';
import { UNMATCHED } from '../edge/client-request.ts';
import { verdictOn } from '../routes/candidate-verdict.ts';
import { formatMatch } from '../routes/format-match.ts';
import type { Reading } from '../routes/matcher.ts';
import type { Matching } from './explanation.ts';

const MOST_CANDIDATES = 50;

/** `matches`: how many all routes have together. */
export function matchingOf({ readings, exchange }: Trace, matches: number): Matching {
  // A preflight is looked up by the method that it asks about, and if that finds nothing, by its own.
  const method = readings.at(-1)?.request.method;
  const asked = readings.filter(({ request }) => request.method === method);
  const [first, ...others] = asked;
  if (first === undefined) return { candidates: [], more: 0, others: matches, readings: [] };
  const { met, best, request } = first;
  return {
    ...(method !== undefined && method !== exchange?.method && { method }),
    candidates: met.slice(0, MOST_CANDIDATES).map((candidate) => ({
      route: candidate.route.name,
      match: formatMatch(candidate.match),
      ...verdictOn(candidate, request, best),
    })),
    more: Math.max(0, met.length - MOST_CANDIDATES),
    others: matches - met.length,
    readings: others.map((reading) => ({
      path: reading.request.path,
      route: routeOf(reading),
    })),
  };
}

const routeOf = ({ result }: Reading): string =>
  result.kind === 'match' ? result.match.route.name : UNMATCHED;
