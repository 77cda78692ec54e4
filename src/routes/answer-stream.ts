/**
 * An answer that is a stream, on its way to the client: it is told of, and the gateway can end it where one event
 * ends and the next begins.
 *
 * Bytes pass as they come. At a stop, and at the route's `maxAge`, an event stream ends with a `retry` of its
 * own, so that clients come back one after another; gRPC ends with the status UNAVAILABLE. All other streams are
 * cut there, and so is whatever reaches no such place in time: nobody shall take the answer for whole.
 */
import type { FastifyReply } from 'fastify';
import type { Body } from '../core/body.ts';
import type { Timer } from '../core/clock.ts';
import { blamesUpstream, GatewayError, isGatewayError, toGatewayError } from '../core/errors.ts';
import { isGrpc } from '../core/grpc-type.ts';
import { firstValue, type Headers, type MutableHeaders } from '../core/headers.ts';
import type { OpenStream } from '../core/open-streams.ts';
import type { Sink } from '../core/sink.ts';
import { type Boundary, boundaryOf } from '../core/stream-boundary.ts';
import { StreamRecord } from '../core/stream-record.ts';
import type { AnswerKind } from '../core/stream-type.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { grpcStatusOf } from '../edge/grpc-status.ts';
import type { ActionContext } from './route.ts';

/** Milliseconds. */
export interface StreamConfig {
  /** `undefined`: as many as the upstream takes. */
  readonly perConsumer: number | undefined;
  /** `undefined`: streams last as long as both sides like. */
  readonly maxAgeMs: number | undefined;
}

export interface AnswerStreamOptions {
  readonly kind: AnswerKind;
  /** Name of the route. */
  readonly route: string;
  readonly headers: Headers;
  readonly body: Body;
  readonly reply: FastifyReply;
  readonly exchange: ClientExchange;
  readonly context: ActionContext;
  readonly maxAgeMs: number | undefined;
}

/** So long a stream may take to reach the end of an event, once it is to end. */
const EVENT_MS = 2_000;
/** When an event stream's client is asked to come back, in milliseconds. */
const LEAST_RETRY_MS = 1_000;
const MOST_RETRY_MS = 5_000;
/** Of gRPC; a server that sends no status has not done what it should. */
const UNKNOWN = 2;

/** Why the gateway ends a stream on purpose. */
type Purpose = 'restart' | 'max-age';

export class AnswerStream implements Sink, OpenStream {
  readonly #options: AnswerStreamOptions;
  readonly #boundary: Boundary;
  /** May the gateway write an event of its own? */
  readonly #takesEvents: boolean;
  #sink: Sink | undefined;
  #record: StreamRecord | undefined;
  #bytes = 0;
  #isLasting = false;
  #isSent = false;
  #aging: Timer | undefined;
  /** It is to end at the next boundary. */
  #purpose: Purpose | undefined;
  #patience: Timer | undefined;
  #hasEnded = false;

  constructor(options: AnswerStreamOptions) {
    const { kind, headers } = options;
    const isEncoded = isHidden(headers);
    this.#options = options;
    this.#boundary = boundaryOf(kind, isEncoded);
    this.#takesEvents = kind === 'sse' && !isEncoded && headers['content-length'] === undefined;
  }

  get record(): StreamRecord {
    const { kind, route, context } = this.#options;
    return (this.#record ??= new StreamRecord(kind, route, context.clock.now()));
  }

  /** Half of what is asked for says nothing: such answers get the time to end. */
  get mayEnd(): boolean {
    const { kind, headers } = this.#options;
    return kind === 'ndjson' || headers['content-length'] !== undefined;
  }

  /** Sends what comes to `sink`. */
  over(sink: Sink): Sink {
    this.#sink = sink;
    return this;
  }

  /** Its exchange is one of the upstream's streams. */
  lasts(): void {
    this.#isLasting = true;
    this.#open();
  }

  /** Its head has been sent, or will be before anything else. */
  sent(): void {
    this.#isSent = true;
    this.#open();
  }

  /** From now on it is told of, and ends at a stop. */
  #open(): void {
    const { body, reply, exchange, context, maxAgeMs } = this.#options;
    const { clock, streams } = context;
    if (!this.#isLasting || !this.#isSent || body.isClosed || reply.raw.destroyed) return;
    exchange.record.stream = this.record;
    this.#count();
    if (maxAgeMs !== undefined) this.#aging = clock.after(maxAgeMs, () => this.#endFor('max-age'));
    reply.raw.once('close', () => this.#over());
    streams.add(this);
  }

  drain(): void {
    this.#endFor('restart');
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#hasEnded) return true;
    if (this.#purpose === undefined) {
      this.#boundary.read(bytes);
      return this.#pass(bytes);
    }
    const end = this.#boundary.readToEnd(bytes);
    if (end < 0) return this.#pass(bytes);
    this.#pass(bytes.subarray(0, end));
    this.#stop(true);
    return true;
  }

  end(trailers: MutableHeaders | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#record?.ending('upstream', this.#hasStatus ? statusIn(trailers) : 'complete');
    this.#sink?.end(trailers);
  }

  fail(error: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#noteBroken(error);
    this.#sink?.fail(error);
  }

  /** Does it end with a status of gRPC? gRPC-Web has its own among its bytes. */
  get #hasStatus(): boolean {
    return isGrpc(this.#options.headers['content-type']);
  }

  #pass(bytes: Uint8Array): boolean {
    this.#bytes += bytes.length;
    if (this.#record !== undefined) this.#count();
    return this.#sink?.chunk(bytes) ?? true;
  }

  #count(): void {
    const { sent } = this.record;
    sent.bytes = this.#bytes;
    sent.messages = this.#boundary.events;
  }

  #endFor(purpose: Purpose): void {
    if (this.#purpose !== undefined || this.#hasEnded) return;
    this.#purpose = purpose;
    if (this.#boundary.isBetween) this.#stop(true);
    else {
      const { clock } = this.#options.context;
      this.#patience = clock.after(EVENT_MS, () => this.#stop(false));
    }
  }

  /** Ends it now; `isBetween`: after an event. */
  #stop(isBetween: boolean): void {
    if (this.#hasEnded) return;
    const purpose = this.#purpose!;
    const error = ENDINGS[purpose]();
    this.record.ending('gateway', this.#hasStatus ? grpcStatusOf(error.code) : purpose, purpose);
    if (isBetween && this.#takesEvents) {
      this.#pass(Buffer.from(`retry: ${this.#retryMs()}\n\n`));
      this.#hasEnded = true;
      this.#sink?.end(undefined);
    }
    this.#options.body.destroy(error);
  }

  #retryMs(): number {
    const spread = MOST_RETRY_MS - LEAST_RETRY_MS;
    return LEAST_RETRY_MS + Math.floor(this.#options.context.random() * spread);
  }

  #noteBroken(error: Error): void {
    const { code } = toGatewayError(error);
    const side =
      code === 'GW_CLIENT_CLOSED'
        ? 'client'
        : isIdle(error) || !blamesUpstream(error)
          ? 'gateway'
          : 'upstream';
    const word = side === 'client' ? 'client' : isIdle(error) ? 'idle' : 'cut';
    const reason = side === 'gateway' ? word : undefined;
    this.#record?.ending(side, this.#hasStatus ? grpcStatusOf(code) : word, reason);
  }

  /** Nothing more is sent to the client. */
  #over(): void {
    const { clock, streams } = this.#options.context;
    clock.cancel(this.#aging);
    clock.cancel(this.#patience);
    streams.remove(this);
    this.record.ending('client', this.#hasStatus ? grpcStatusOf('GW_CLIENT_CLOSED') : 'client');
    this.record.end();
  }
}

const ENDINGS: Readonly<Record<Purpose, () => GatewayError>> = {
  restart: () => new GatewayError('GW_SHUTTING_DOWN', 'the stream ends with the gateway'),
  'max-age': () => new GatewayError('GW_STREAM_ENDED', 'it was open for as long as it may be'),
};

const isIdle = (error: Error): boolean =>
  isGatewayError(error) && error.code === 'GW_UPSTREAM_TIMEOUT';

function statusIn(trailers: Headers | undefined): number {
  const status = firstValue(trailers?.['grpc-status']);
  return status !== undefined && /^\d{1,2}$/.test(status) ? Number(status) : UNKNOWN;
}

/** Does an encoding hide where events end? gRPC-Web as text is base64. */
function isHidden(headers: Headers): boolean {
  const coding = firstValue(headers['content-encoding']);
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return true;
  return /^application\/grpc-web-text/i.test(firstValue(headers['content-type']) ?? '');
}
