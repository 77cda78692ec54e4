/** Which routes were candidates for a request, and why each wins or loses. */
import type { Trace } from '../assembly/explain-trace.ts';
import type { Config } from '../config/build/config.ts';
import { nearest } from '../config/check/suggest.ts';
import { UNMATCHED } from '../edge/client-request.ts';
import type { Generation } from '../generation.ts';
import { verdictOn } from '../routes/candidate-verdict.ts';
import { formatMatch } from '../routes/format-match.ts';
import type { Reading } from '../routes/matcher.ts';
import type { Matching } from './explanation.ts';

const MOST_CANDIDATES = 50;

/** `matches`: how many all routes have together. */
export function matchingOf(
  { readings, exchange }: Trace,
  { config, matches }: Pick<Generation, 'config' | 'matches'>,
): Matching {
  // A preflight is looked up by the method that it asks about, and if that finds nothing, by its own.
  const method = readings.at(-1)?.request.method;
  const asked = readings.filter(({ request }) => request.method === method);
  const [first, ...others] = asked;
  if (first === undefined) return { candidates: [], more: 0, others: matches, readings: [] };
  const { met, best, request } = first;
  const near = met.length === 0 ? nearest(request.path, patternsOf(config)) : undefined;
  return {
    ...(method !== undefined && method !== exchange?.method && { method }),
    candidates: met.slice(0, MOST_CANDIDATES).map((candidate) => ({
      route: candidate.route.name,
      match: formatMatch(candidate.match),
      ...verdictOn(candidate, request, best),
    })),
    more: Math.max(0, met.length - MOST_CANDIDATES),
    ...(near !== undefined && { near }),
    others: matches - met.length,
    readings: others.map((reading) => ({
      path: reading.request.path,
      route: routeOf(reading),
    })),
  };
}

/** To compare a path with ten thousand would hold up other requests. */
const MOST_COMPARED = 1_000;

const patternsOf = ({ routes }: Config): readonly string[] =>
  routes
    .slice(0, MOST_COMPARED)
    .flatMap(({ matches }) => matches.flatMap(({ path }) => path?.text ?? []));

const routeOf = ({ result }: Reading): string =>
  result.kind === 'match' ? result.match.route.name : UNMATCHED;
