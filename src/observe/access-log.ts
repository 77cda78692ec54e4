/**
 * One JSON line for each request: enough to say who asked what, what was called, and where the time
 * went. Authorization, cookies and query values are never in it.
 */
import type { CallRecord, RequestRecord } from '../core/record.ts';

/** A request of a client, as far as its line says. */
export interface AccessRecord {
  readonly id: string;
  readonly method: string;
  /** Canonical; empty where it could not be read. */
  readonly host: string;
  readonly path: string;
  readonly route: string;
  readonly endpoint: string;
  readonly consumer: { readonly id: string } | undefined;
  readonly peer: { readonly address: string };
  readonly record: RequestRecord;
}

export interface AccessLogger {
  info(fields: object, message: string): void;
}

export function logAccess(
  log: AccessLogger,
  exchange: AccessRecord,
  status: number,
  bytesSent: number,
  now: number,
): void {
  const { id, method, host, path, route, endpoint, consumer, peer, record } = exchange;
  const { code, cause, missing, calls, uncounted } = record;
  const forwarded = calls.find(({ purpose }) => purpose === 'forward');
  const others = forwarded === undefined ? calls : calls.filter((call) => call !== forwarded);
  log.info(
    {
      requestId: id,
      method,
      ...(host === '' ? {} : { host }),
      path,
      status,
      route,
      ...(endpoint === '' ? {} : { endpoint }),
      ...(code === undefined ? {} : { code }),
      ...(cause === undefined ? {} : { cause }),
      ...(missing.length === 0
        ? {}
        : { degraded: missing.map(({ name, reason }) => `${name};reason=${reason}`) }),
      ...(consumer === undefined ? {} : { consumer: consumer.id }),
      address: peer.address,
      ...(forwarded === undefined ? {} : ofForwarded(forwarded)),
      ...(others.length === 0 ? {} : { calls: others.map(ofCall) }),
      ...(uncounted === 0 ? {} : { moreCalls: uncounted }),
      totalMs: round(now - record.startedAt),
      bytesReceived: record.bytesReceived,
      bytesSent,
    },
    'request',
  );
}

/** Of the one call that answers the request: its fields stand by themselves. */
function ofForwarded({
  upstream,
  attempts,
  firstEnding,
  queuedMs,
  lastAttempt,
}: CallRecord): object {
  return {
    upstream,
    target: lastAttempt?.target,
    attempts: attempts.length,
    ...(firstEnding === undefined ? {} : { firstAttempt: String(firstEnding) }),
    queueMs: round(queuedMs),
    connectMs: round(lastAttempt?.connectMs ?? 0),
    firstByteMs: round(lastAttempt?.firstByteMs ?? 0),
  };
}

/** Of a part, or of a call that a plugin made. */
function ofCall(call: CallRecord): object {
  const { purpose, name, upstream, lastAttempt, ending, cause, attempts, firstEnding } = call;
  return {
    [purpose]: name,
    upstream,
    target: lastAttempt?.target,
    // One that was still under way has neither.
    ...(typeof ending === 'number' ? { status: ending } : { code: ending }),
    ...(cause === undefined ? {} : { cause }),
    attempts: attempts.length,
    ...(firstEnding === undefined ? {} : { firstAttempt: String(firstEnding) }),
    ms: round(call.ms),
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
