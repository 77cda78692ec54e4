/** The policies around the calls to an upstream, outermost first, with their numbers. */
import type { PoliciesView, UpstreamView } from '../explain/upstream-view.ts';

export function policyLines({ policies, circuit, slots, streams }: UpstreamView): string[] {
  const { deadlineMs, timeoutMs, connectTimeoutMs, retry, bulkhead } = policies;
  const { concurrency, queue, waitMs, share } = bulkhead;
  return [
    `deadline ${time(deadlineMs)}`,
    retry === false || retry.attempts < 2
      ? 'retry: none'
      : `retry: ${retry.attempts} attempts on ${retry.on.join(', ')}, backoff ${time(retry.backoffMs)}, budget ${percent(retry.budget)}`,
    `bulkhead: ${slots.used} of ${concurrency} slots used, ${slots.queued} of ${queue} waiting for at most ${time(waitMs)}` +
      (share === undefined ? '' : `, ${percent(share)} of them for this route`),
    `streams: ${streams.open} of ${streams.most} open`,
    breakerLine(policies, circuit),
    `timeout ${time(timeoutMs)}, connect ${time(connectTimeoutMs)}, ${idleText(policies)}`,
    ...outlierLines(policies),
    ...healthLines(policies),
  ];
}

const idleText = ({ idleTimeoutMs, streamIdleMs }: PoliciesView): string =>
  `idle ${time(idleTimeoutMs)}${streamIdleMs === undefined ? '' : `, streams ${time(streamIdleMs)}`}`;

function breakerLine({ breaker }: PoliciesView, circuit: string | undefined): string {
  if (breaker === false) return 'breaker: none';
  const when =
    breaker.kind === 'consecutive'
      ? `${breaker.failures} failures in a row`
      : `${percent(breaker.ratio)} of at least ${breaker.minimum} calls in ${time(breaker.windowMs)}`;
  return `breaker: ${circuit ?? 'closed'}; opens after ${when}, for ${time(breaker.openMs)}`;
}

const outlierLines = ({ outlier }: PoliciesView): string[] =>
  outlier === false
    ? []
    : [
        `outlier: ejected after ${outlier.consecutive} failures in a row, for ${time(outlier.ejectMs)}, at most ${percent(outlier.maxEjected)}`,
      ];

const healthLines = ({ health }: PoliciesView): string[] =>
  health === false ? [] : [`health: ${asked(health)} every ${time(health.intervalMs)}`];

const asked = ({ ask }: Exclude<PoliciesView['health'], false>): string =>
  'path' in ask ? ask.path : `gRPC health of ${ask.service === '' ? 'the server' : ask.service}`;

const time = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);
const percent = (share: number): string => `${Math.round(share * 100)} %`;
