/**
 * The trace of one request: what really happened, as its record has it, for those who asked by a signed field.
 *
 * Query values, header fields and bodies are never in it.
 */
import type { AttemptRecord, CallRecord, Ending } from '../core/record.ts';
import type { AccessRecord } from './access-log.ts';
import type { TracedAttempt, TracedCall, TracedRequest } from './traced.ts';

export interface Trace extends TracedRequest {
  /** What the gateway says of such a request: an explanation, see docs/explain.md. */
  readonly explain?: unknown;
  /** Why it says nothing. */
  readonly notExplained?: string;
}

export interface TraceOutcome {
  readonly at: string;
  readonly generation: number;
  readonly status: number;
  readonly bytesSent: number;
  /** By the clock of the record. */
  readonly endedAt: number;
}

export function traceOf(exchange: Omit<AccessRecord, 'peer'>, outcome: TraceOutcome): Trace {
  const { id, method, host, path, route, endpoint, trace, consumer, record } = exchange;
  const { at, generation, status, bytesSent, endedAt } = outcome;
  const { code, cause, missing, split, calls, uncounted, startedAt, bytesReceived } = record;
  return {
    id,
    ...(trace !== undefined && { traceId: trace.traceId }),
    at,
    generation,
    method,
    host,
    path,
    route,
    ...(endpoint !== '' && { endpoint }),
    ...(consumer !== undefined && { consumer: consumer.id }),
    status,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause }),
    totalMs: hundredths(endedAt - startedAt),
    bytesReceived,
    bytesSent,
    ...fallbackOf(calls),
    ...(split !== undefined && { split: { side: split.side, by: split.by } }),
    ...(missing.length > 0 && { missing }),
    calls: calls.map((call) => tracedCall(call, startedAt)),
    ...(uncounted > 0 && { moreCalls: uncounted }),
  };
}

function fallbackOf(calls: readonly CallRecord[]): Pick<Trace, 'fallback'> | undefined {
  const fallback = calls.find((call) => call.fallback !== undefined)?.fallback;
  return fallback === undefined ? undefined : { fallback };
}

/** Further attempts are counted. */
const MOST_ATTEMPTS = 20;

function tracedCall(call: CallRecord, from: number): TracedCall {
  const { purpose, name, upstream, startedAt, ms, queuedMs, ending, cause, attempts } = call;
  const more = attempts.length - MOST_ATTEMPTS;
  return {
    purpose,
    ...(name !== '' && { name }),
    upstream,
    startMs: hundredths(startedAt - from),
    ...(ending !== undefined && { ms: hundredths(ms) }),
    queuedMs: hundredths(queuedMs),
    ...endingOf(ending, cause),
    attempts: attempts
      .slice(0, MOST_ATTEMPTS)
      .map((attempt, i) => tracedAttempt(attempt, attempts[i - 1] ?? attempt, from)),
    ...(more > 0 && { moreAttempts: more }),
  };
}

function tracedAttempt(attempt: AttemptRecord, before: AttemptRecord, from: number): TracedAttempt {
  const { upstream, target, method, path, startedAt, connectMs, firstByteMs, failedMs } = attempt;
  const { ending, cause } = attempt;
  return {
    ...(upstream !== before.upstream && { upstream }),
    target,
    method,
    path,
    startMs: hundredths(startedAt - from),
    ...(connectMs > 0 && { connectMs: hundredths(connectMs) }),
    ...(firstByteMs > 0 && { firstByteMs: hundredths(firstByteMs) }),
    ...(failedMs > 0 && { failedMs: hundredths(failedMs) }),
    ...endingOf(ending, cause),
  };
}

const endingOf = (
  ending: Ending | undefined,
  cause: string | undefined,
): Pick<TracedCall, 'status' | 'code' | 'cause'> => ({
  ...(typeof ending === 'number' && { status: ending }),
  ...(typeof ending === 'string' && { code: ending }),
  ...(cause !== undefined && { cause }),
});

const hundredths = (ms: number): number => Math.round(ms * 100) / 100;

/** `trace` as JSON of at most `most` bytes: what explains it is left out first, then attempts, then calls. */
export function traceText(trace: Trace, most: number): string {
  const { calls, explain: _explain, ...bare } = trace;
  const shorter: readonly (() => object)[] = [
    () => trace,
    () => ({ ...bare, calls, shortened: 'explain' }),
    () => ({ ...bare, calls: calls.map(withoutAttempts), shortened: 'attempts' }),
    () => ({ ...bare, path: bare.path.slice(0, MOST_PATH), calls: [], shortened: 'calls' }),
  ];
  const texts = shorter.values().map((make) => JSON.stringify(make()));
  return texts.find((text) => Buffer.byteLength(text) <= most) ?? '{}';
}

const MOST_PATH = 1_024;

const withoutAttempts = ({ attempts, ...call }: TracedCall): object => ({
  ...call,
  attempts: [],
  moreAttempts: attempts.length,
});
