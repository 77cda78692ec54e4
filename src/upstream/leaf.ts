/**
 * The innermost part of every chain: picks a target and sends.
 *
 * It uses undici's `dispatch` with a custom handler. That costs half of `request` and a sixth of `fetch`,
 * and only it reports when a request really starts.
 */
import type { Clock } from '../core/clock.ts';
import type { CallContext } from '../core/call-context.ts';
import { GatewayError } from '../core/errors.ts';
import { formatGrpcTimeout } from '../core/grpc-timeout.ts';
import type { Sender } from '../core/sender.ts';
import type { Headers } from '../core/headers.ts';
import { Timeouts } from '../core/timeouts.ts';
import { LASTING_MS } from './lasting-answer.ts';
import type { UpstreamLease } from './lease.ts';
import type { Target } from './target.ts';
import { WireAttempt } from './wire-attempt.ts';

export interface LeafOptions {
  readonly clock: Clock;
  readonly idleTimeoutMs: number;
  /** The longest silence of a stream, if it is another. */
  readonly streamIdleMs?: number | undefined;
  /** For copies: what comes of them says nothing about the targets, and their streams take no place. */
  readonly isUnjudged?: boolean;
}

/**
 * Sends to a target of the upstream.
 *
 * @throws GW_NO_TARGET, GW_UPSTREAM_CONNECT, GW_UPSTREAM_RESET, GW_UPSTREAM_PROTOCOL, or the reason of a
 *   cancelled call
 */
export function leaf(
  { config, state }: UpstreamLease,
  { clock, idleTimeoutMs, streamIdleMs, isUnjudged = false }: LeafOptions,
): Sender {
  const lasting = new Timeouts(LASTING_MS, clock);
  const streams = { limit: state.streams, lasting, idleMs: streamIdleMs };
  const options = { clock, idleTimeoutMs, ...(!isUnjudged && { streams }) };
  const { bulkhead, connections } = config;
  // As many as may wait, and some that were given up. Without a limit, requests of clients that come and
  // leave would fill the memory while no connection opens.
  const mostWaiting = bulkhead.concurrency + connections;
  return {
    send(request, receiver) {
      request.signal.throwIfCancelled();
      const target = state.targets.pick(request.tried, request.key);
      const now = clock.now();
      const record = request.record.attempt(config.name, target.origin, request, now);
      if (target.waiting >= mostWaiting) throw noConnection(target.origin);
      const headers = withTimeout(withHost(request.headers, target), request.context, now);
      const sending = { request, target, headers, record, receiver };
      const attempt = new WireAttempt(isUnjudged ? { ...sending, isUnjudged } : sending, options);
      if (now - target.sentAt < QUIET_MS) {
        target.sentAt = now;
        attempt.send();
      } else {
        setImmediate(() => {
          target.sentAt = clock.now();
          attempt.send();
        });
      }
      return attempt;
    },
  };
}

/**
 * After this long without sending, bytes from a target are read before the next request is sent, because
 * the target may have closed an idle connection, especially if the gateway was stopped for a while.
 */
const QUIET_MS = 1_000;

/** Sends the name of a target whose origin is an address as `Host`, unless the request has one. */
export function withHost(headers: Headers, { host }: Target): Headers {
  return host === undefined || headers['host'] !== undefined ? headers : { ...headers, host };
}

/** Passes on what is left of the time that a gRPC client gives. */
function withTimeout(headers: Headers, { endsAt }: CallContext, now: number): Headers {
  return endsAt === undefined || headers['grpc-timeout'] === undefined
    ? headers
    : { ...headers, 'grpc-timeout': formatGrpcTimeout(endsAt - now) };
}

const noConnection = (target: string): GatewayError =>
  new GatewayError('GW_UPSTREAM_CONNECT', 'no connection in time', {
    proxyStatus: 'connection_timeout',
    target,
  });
