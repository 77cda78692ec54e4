/**
 * An answer that may last for hours: it takes a place among its upstream's streams, and bulkheads let go of it.
 *
 * An event stream takes it at its head. A unary call of gRPC looks like a stream there; it ends soon after its
 * head, so gRPC takes a place only once it has lasted. If all are taken then, it keeps its slot and asks again,
 * because its head is out and the answer cannot be refused any more.
 */
import type { Body } from '../core/body.ts';
import { streamed } from '../core/request-body.ts';
import type { UpstreamRequest } from '../core/call.ts';
import type { AnswerKind } from '../core/stream-type.ts';
import { isGatewayError } from '../core/errors.ts';
import type { Timeout, Timeouts } from '../core/timeouts.ts';
import type { StreamLimit, StreamPlace } from '../policies/stream-limit.ts';
import { roomIn } from './roomy-pool.ts';
import type { Target } from './target.ts';

/** After its head, a call of gRPC that takes longer is no unary one. */
export const LASTING_MS = 1_000;

export interface LastingOptions {
  /** Of the upstream. */
  readonly limit: StreamLimit;
  /** Of {@link LASTING_MS}. */
  readonly lasting: Timeouts;
  /** The longest silence of a stream, in milliseconds, if the route says so; in gRPC, of both sides at once. */
  readonly idleMs: number | undefined;
}

/** What is answered, and by whom. */
interface Sent {
  readonly request: UpstreamRequest;
  readonly target: Target;
}

export class LastingAnswer {
  readonly idleMs: number | undefined;
  readonly #body: Body;
  readonly #target: Target;
  readonly #options: LastingOptions;
  /** The client may speak while the upstream is silent. */
  readonly #talk: UpstreamRequest | undefined;
  #place: StreamPlace | undefined;
  #takeRoom: (() => void) | undefined;
  #waiting: Timeout | undefined;

  /** @throws GW_TOO_MANY_STREAMS when an event stream finds no place */
  constructor(kind: AnswerKind, body: Body, { request, target }: Sent, options: LastingOptions) {
    this.idleMs = options.idleMs;
    this.#body = body;
    this.#target = target;
    this.#options = options;
    this.#talk = kind === 'grpc' && options.idleMs !== undefined ? request : undefined;
    if (kind === 'grpc') this.#wait();
    else this.#take();
  }

  /** How long the client has been silent too, in milliseconds at `now`. */
  clientQuietMs(now: number): number {
    return streamed(this.#talk?.body)?.quietMs(now) ?? Number.POSITIVE_INFINITY;
  }

  end(): void {
    this.#waiting?.stop();
    if (this.#place === undefined) return;
    this.#place.release();
    this.#takeRoom?.();
    this.#target.streams -= 1;
    this.#place = undefined;
  }

  #wait(): void {
    this.#waiting = this.#options.lasting.start(() => this.#lasts());
  }

  #lasts(): void {
    try {
      this.#take();
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      this.#wait();
    }
  }

  #take(): void {
    this.#place = this.#options.limit.take();
    this.#target.streams += 1;
    // Before any bulkhead lets the next call in.
    this.#takeRoom = roomIn(this.#target.dispatcher);
    this.#body.becomeStream();
  }
}
