/**
 * One JSON line for each request: enough to say who asked what, what was called, and where the time
 * went. Authorization, cookies and query values are never in it.
 */
import type { CallNotes } from '../core/call.ts';

/** A request of a client, as far as its line says. */
export interface AccessRecord {
  readonly id: string;
  readonly method: string;
  /** Canonical; empty where it could not be read. */
  readonly host: string;
  readonly path: string;
  readonly route: string;
  readonly endpoint: string;
  readonly code: string | undefined;
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  readonly consumer: { readonly id: string } | undefined;
  readonly notes: CallNotes;
  readonly peer: { readonly address: string };
  readonly startedAt: number;
  readonly bytesReceived: number;
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
  const { id, method, host, path, route, endpoint, code, missing, consumer, notes, peer } =
    exchange;
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
      ...(missing.length === 0
        ? {}
        : { degraded: missing.map(({ name, reason }) => `${name};reason=${reason}`) }),
      ...(consumer === undefined ? {} : { consumer: consumer.id }),
      address: peer.address,
      ...(notes.upstream === undefined
        ? {}
        : {
            upstream: notes.upstream,
            target: notes.target,
            attempts: notes.attempts,
            ...(notes.firstAttempt === undefined ? {} : { firstAttempt: notes.firstAttempt }),
            queueMs: round(notes.queuedMs),
            connectMs: round(notes.connectMs),
            firstByteMs: round(notes.firstByteMs),
          }),
      totalMs: round(now - exchange.startedAt),
      bytesReceived: exchange.bytesReceived,
      bytesSent,
    },
    'request',
  );
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
