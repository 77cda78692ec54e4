/**
 * One piece of a composed answer: a call whose body is read as JSON, under one time limit for all of it.
 *
 * Aggregates and BFFs both use it.
 */
import type { UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import type { Clock } from '../core/clock.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { codingsOf, decode, hasCharset, toUtf8 } from '../core/decode.ts';
import { type ErrorCode, GatewayError, toGatewayError } from '../core/errors.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { type Json, NOTHING, readJson } from '../core/json.ts';
import { Timeout, Timeouts } from '../core/timeouts.ts';
import { streamed } from '../core/request-body.ts';
import type { UpstreamCall } from '../upstream/lease.ts';
import { upstreamRequest } from '../core/upstream-request.ts';

export interface PartRequest {
  /** The name used in messages. */
  readonly name: string;
  readonly upstream: string;
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  readonly query: string;
  readonly headers: MutableHeaders;
  readonly body: UpstreamRequest['body'];
  readonly time: PartTime;
  readonly maxBodyBytes: number;
}

/** How long a part may take, to the end of its body. */
export interface PartTime {
  /** The error if it takes longer. */
  readonly code: 'GW_UPSTREAM_TIMEOUT' | 'GW_DEADLINE_EXCEEDED';
  now(): number;
  /** Starts the time after which `bound` expires. */
  begin(bound: Timeout): void;
}

/** The time limit of parts with the same `timeout`; without one, it is the deadline. */
export function partTime(
  timeoutMs: number | undefined,
  deadlineMs: number,
  clock: Clock,
): PartTime {
  const timeouts = new Timeouts(timeoutMs ?? deadlineMs, clock);
  return {
    code: timeoutMs === undefined ? 'GW_DEADLINE_EXCEEDED' : 'GW_UPSTREAM_TIMEOUT',
    now: () => clock.now(),
    begin: (bound) => timeouts.begin(bound),
  };
}

/** The upstream answered, but not with a 2xx. */
export class PartStatusError extends GatewayError {
  /** The upstream's status. */
  readonly status: number;

  constructor(name: string, status: number) {
    const notFound = status === 404;
    super(
      notFound ? 'GW_ROUTE_NOT_FOUND' : 'GW_UPSTREAM_INVALID',
      notFound ? `${name} was not found` : `${name} could not be fetched (status ${status})`,
    );
    this.status = status;
  }
}

/**
 * Makes the call and reads the whole answer; `null` if that is empty.
 *
 * @throws PartStatusError for a status that is not 2xx; GW_UPSTREAM_TIMEOUT, GW_DEADLINE_EXCEEDED;
 *   GW_UPSTREAM_INVALID when it is not JSON, cannot be decoded, or is too long; whatever the call throws
 */
export async function runPart(
  { call }: UpstreamCall,
  exchange: ClientExchange,
  group: Cancellation,
  part: PartRequest,
): Promise<Json> {
  const bound = new Bound(part, group.child());
  const record = exchange.record.call('part', part.name, part.upstream, part.time.now());
  try {
    const response = await call(
      upstreamRequest(exchange, {
        upstream: part.upstream,
        method: part.method,
        path: part.path,
        query: part.query,
        headers: part.headers,
        body: part.body,
        signal: bound.signal,
        record,
      }),
    );
    const json = await read(part, response);
    record.end(response.status, part.time.now());
    return json;
  } catch (error) {
    record.fail(error, part.time.now());
    if (error instanceof PartStatusError) record.ending = error.status;
    throw error;
  } finally {
    bound.stop();
  }
}

/**
 * Ends a part whose time is over. While the client is still sending its body, that is waited for first.
 */
class Bound extends Timeout {
  readonly signal: Cancellation;
  readonly #part: PartRequest;
  #isOver = false;

  constructor(part: PartRequest, signal: Cancellation) {
    super();
    this.signal = signal;
    this.#part = part;
    const upload = streamed(part.body);
    if (upload === undefined) part.time.begin(this);
    else upload.onEnd(() => !this.#isOver && part.time.begin(this));
  }

  override stop(): void {
    this.#isOver = true;
    super.stop();
  }

  override expire(): void {
    const { name, time } = this.#part;
    this.signal.cancel(new GatewayError(time.code, `${name} took too long`));
  }
}

async function read(
  { name, maxBodyBytes }: PartRequest,
  response: UpstreamResponse,
): Promise<Json> {
  const { status, headers, body } = response;
  if (status < 200 || status > 299) {
    await body.dump();
    throw new PartStatusError(name, status);
  }
  const codings = codingsOf(headers['content-encoding']);
  const type = headers['content-type'];
  if (codings.length === 0 && !hasCharset(type)) {
    return body.readJson(maxBodyBytes);
  }
  const bytes = await decode(await body.bytes(maxBodyBytes), codings, maxBodyBytes);
  return bytes.length === 0 ? NOTHING : readJson(toUtf8(bytes, type));
}

/** Why a part is missing, as one word for `Gateway-Degraded`. */
export function degradedReason(error: unknown): string {
  if (error instanceof PartStatusError) {
    return error.status === 404 ? 'not-found' : `status-${error.status}`;
  }
  return REASONS[toGatewayError(error).code] ?? 'error';
}

const REASONS: Readonly<Partial<Record<ErrorCode, string>>> = {
  GW_UPSTREAM_TIMEOUT: 'timeout',
  GW_DEADLINE_EXCEEDED: 'timeout',
  GW_CIRCUIT_OPEN: 'circuit-open',
  GW_BULKHEAD_FULL: 'overloaded',
  GW_UPSTREAM_CONNECT: 'unreachable',
  GW_UPSTREAM_RESET: 'unreachable',
  GW_NO_TARGET: 'unreachable',
  GW_UPSTREAM_PROTOCOL: 'invalid',
  GW_UPSTREAM_HEADERS: 'invalid',
  GW_UPSTREAM_INVALID: 'invalid',
  GW_BODY_TRUNCATED: 'invalid',
  GW_REQUEST_INVALID: 'invalid',
};
