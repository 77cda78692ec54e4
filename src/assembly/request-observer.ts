/** Counts and logs each request when it ends, however it ends. */
import type { ServerResponse } from 'node:http';
import type { Config, RouteConfig } from '../config/build/config.ts';
import type { StreamRecord } from '../core/stream-record.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { RequestHandler } from './admission.ts';
import { pastRequest } from '../observe/recent-requests.ts';
import type { World } from './world.ts';

export interface RequestObserver {
  readonly inflight: () => number;
  /** Resolves once no request is in flight, and no stream that one became is open. */
  readonly whenIdle: () => Promise<void>;
  /** Wraps `handler` and counts its requests as in flight. */
  readonly counting: (handler: RequestHandler) => RequestHandler;
  readonly onClose: (exchange: ClientExchange, response: ServerResponse) => void;
}

/** `generation` is the number of the one whose requests these are. */
export function requestObserver(
  { admin, logs, routes }: Config,
  { clock, logAccess, metrics, recent, tracing }: World,
  generation: number,
): RequestObserver {
  const keepsRequests = (admin?.requests ?? 0) > 0;
  const isNoted = logs.access || keepsRequests;
  const note = (exchange: ClientExchange, status: number, bytes: number, now: number): void => {
    if (logs.access) logAccess(exchange, status, bytes, now);
    if (keepsRequests) recent.add(pastRequest(exchange, generation, status, bytes, now));
  };
  let inflight = 0;
  const idle: (() => void)[] = [];
  let streams = 0;
  const tellIdle = (): void => {
    if (inflight + streams === 0) for (const tell of idle.splice(0)) tell();
  };
  /** Its connection has become a stream: the line in the log waits for the end of that. */
  const outlast = (
    exchange: ClientExchange,
    response: ServerResponse,
    stream: StreamRecord,
  ): void => {
    streams += 1;
    stream.onEnd(() => {
      streams -= 1;
      const { record } = exchange;
      if (stream.kind === 'websocket') record.bytesReceived = stream.received.bytes;
      record.bytesSent = stream.sent.bytes;
      metrics.countStream(stream);
      if (isNoted) note(exchange, statusOf(exchange, response), stream.sent.bytes, clock.now());
      tellIdle();
    });
  };
  const patterns = tracing === undefined ? NO_PATTERNS : patternsOf(routes);
  return {
    inflight: () => inflight,
    whenIdle: () =>
      new Promise((resolve) => {
        if (inflight + streams === 0) resolve();
        else idle.push(resolve);
      }),
    counting: (handler) => (request, response) => {
      inflight += 1;
      handler(request, response);
    },
    onClose: (exchange, response) => {
      inflight -= 1;
      const now = clock.now();
      const { route, endpoint, method, record } = exchange;
      const { code, cause, missing, startedAt } = record;
      const status = statusOf(exchange, response);
      // A stream may last for hours, which is no latency.
      const answeredAt = record.stream?.openedAt ?? now;
      const seconds = (answeredAt - startedAt) / 1_000;
      const traceId = tracing?.end(exchange, status, now, patterns);
      metrics.observeRequest({ route, endpoint, method, status, seconds, traceId });
      if (code !== undefined) metrics.countError(route, code, cause);
      for (const { reason } of missing) metrics.countDegradedPart(route, reason);
      if (record.stream === undefined) {
        if (isNoted) note(exchange, status, bytesSent(exchange, response), now);
        tellIdle();
      } else outlast(exchange, response, record.stream);
    },
  };
}

/** As reports have it: 499 if the client has disconnected. */
export const statusOf = (
  { record: { code } }: ClientExchange,
  { statusCode }: ServerResponse,
): number => (code === 'GW_CLIENT_CLOSED' ? 499 : statusCode);

/** The path of each route that has just one: what spans are called. */
function patternsOf(routes: readonly RouteConfig[]): ReadonlyMap<string, string> {
  const one = routes.flatMap(({ name, matches }) => {
    const [first, ...others] = new Set(
      matches.map(({ path, pathRegex }) => path?.text ?? pathRegex),
    );
    return first === undefined || others.length > 0 ? [] : [[name, first] as const];
  });
  return new Map(one);
}

const NO_PATTERNS: ReadonlyMap<string, string> = new Map();

/** Bytes of the answer's body; 0 if there was no answer, or no body. */
export function bytesSent(exchange: ClientExchange, { headersSent }: ServerResponse): number {
  const { record, method, reply } = exchange;
  if (!headersSent || method === 'HEAD') return 0;
  return record.bytesSent ?? Number(reply?.getHeader('content-length') ?? 0);
}
