/** Rates and times as the operator's page reads them, from counts. */
import { BUCKETS, type EventCounts } from '../observe/metrics.ts';
import { type Counts, quantile } from '../observe/traffic.ts';
import type { Latency, RouteTraffic, Snapshot, Traffic, UpstreamTraffic } from './page-data.ts';

/** `seconds` is how long it took to count. */
export const trafficOf = (counts: Counts, seconds: number): Traffic => ({
  requestsPerSecond: rate(counts.events, seconds),
  errorsPerSecond: rate(counts.errors, seconds),
  refusalsPerSecond: rate(counts.refusals, seconds),
  ...latencyOf(counts),
});

/** The `most` routes with the most requests, in that order. */
export const busiest = (
  byName: ReadonlyMap<string, Counts>,
  seconds: number,
  most: number,
): RouteTraffic[] =>
  [...byName]
    .toSorted(([, one], [, other]) => other.events - one.events)
    .slice(0, most)
    .map(([name, counts]) => ({ name, ...trafficOf(counts, seconds) }));

/** `undefined`: there were no attempts. */
export const attemptsOf = (counts: Counts | undefined, seconds: number): UpstreamTraffic => ({
  requestsPerSecond: rate(counts?.events ?? 0, seconds),
  failuresPerSecond: rate(counts?.errors ?? 0, seconds),
  ...(counts !== undefined && latencyOf(counts)),
});

/** `moments` are counts from the beginning of the window to its end. */
export function eventRates(
  moments: readonly EventCounts[],
  seconds: number,
): Pick<Snapshot, 'rateLimitedPerSecond' | 'degradedPerSecond' | 'fallbacksPerSecond'> {
  const [first, last] = [moments[0], moments.at(-1)];
  // The counts of a route that is gone are gone too.
  const since = (key: keyof EventCounts): number =>
    rate(Math.max((last?.[key] ?? 0) - (first?.[key] ?? 0), 0), seconds);
  return {
    rateLimitedPerSecond: since('rateLimited'),
    degradedPerSecond: since('degraded'),
    fallbacksPerSecond: since('fallbacks'),
  };
}

const rate = (events: number, seconds: number): number =>
  seconds === 0 ? 0 : hundredths(events / seconds);

function latencyOf({ buckets }: Counts): { latency: Latency } | undefined {
  const at = (share: number): number | undefined => quantile(share, buckets, BUCKETS);
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  if (p50 === undefined || p95 === undefined || p99 === undefined) return undefined;
  return { latency: { p50Ms: inMs(p50), p95Ms: inMs(p95), p99Ms: inMs(p99) } };
}

const inMs = (seconds: number): number => hundredths(seconds * 1_000);

const hundredths = (value: number): number => Math.round(value * 100) / 100;
