/**
 * One request of a dispatcher: a guarded call on one side, undici's handler on the other.
 *
 * The handler is told as undici tells it: `onRequestStart`, then `onResponseStart`, the data and
 * `onResponseEnd`, or `onResponseError` once, whenever it fails. What a handler throws ends the call. It is the
 * handler's controller, too: nothing is delivered while it is paused.
 */
import { type Dispatcher, errors } from 'undici';
import type { UpstreamResponse } from '../../core/call.ts';
import type { Cancellation } from '../../core/cancellation.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { GatewayError, isGatewayError, toError } from '../../core/errors.ts';
import type { Headers, MutableHeaders } from '../../core/headers.ts';
import { http } from '../../core/node-http.ts';
import type { CallRecord } from '../../core/record.ts';
import type { Receiver } from '../../core/sender.ts';
import { asBuffer, type Sink } from '../../core/sink.ts';
import { soon } from '../../core/soon.ts';
import type { Timeout, Timeouts } from '../../core/timeouts.ts';
import { rawFields } from './old-handler.ts';

type Handler = Dispatcher.DispatchHandler;

export interface DispatchedCallOptions {
  readonly handler: Handler;
  readonly signal: Cancellation;
  readonly record: CallRecord;
  readonly clock: Clock;
  /** The caller's own bounds, to the head and between two chunks; 0: none. */
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** Called once, when nothing more comes. */
  readonly onOver: () => void;
}

export class DispatchedCall implements Receiver, Sink, Dispatcher.DispatchController {
  readonly #options: DispatchedCallOptions;
  #response: UpstreamResponse | undefined;
  #isPaused = false;
  #isOver = false;
  #abortedBy: Error | null = null;
  /** What came while it was paused, in order. */
  #waiting: (() => void)[] = [];
  #deadline: Timeout | undefined;
  #quiet: Timer | undefined;
  #rawHeaders: Buffer[] | undefined;
  #trailers: MutableHeaders = {};

  constructor(options: DispatchedCallOptions) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** False if the handler does not want the call any more. */
  begin(): boolean {
    this.#guarded(() => this.#options.handler.onRequestStart?.(this, {}));
    return !this.#isOver;
  }

  // --- the controller -------------------------------------------------------------------------

  get aborted(): boolean {
    return this.#abortedBy !== null;
  }

  get reason(): Error | null {
    return this.#abortedBy;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get rawHeaders(): Buffer[] | null {
    if (this.#response === undefined) return null;
    return (this.#rawHeaders ??= rawFields(this.#response.headers));
  }

  get rawTrailers(): Buffer[] {
    return rawFields(this.#trailers);
  }

  pause(): void {
    this.#isPaused = true;
    this.#stopQuiet();
  }

  resume(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    while (!this.#isPaused) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      next();
    }
    if (this.#isPaused || this.#isOver) return;
    this.#awaitNext();
    this.#response?.body.resume();
  }

  abort(reason?: Error): void {
    if (this.#isOver) return;
    const error = reason ?? new errors.RequestAbortedError();
    this.#abortedBy = error;
    this.#fail(error, notWanted(error));
  }

  // --- the dispatcher -------------------------------------------------------------------------

  /**
   * All has been sent: begins the time after which the call fails with what `late` gives, unless its answer is a
   * stream by then.
   */
  await(deadline: Timeouts, late: () => GatewayError): void {
    if (this.#isOver) return;
    this.#deadline = deadline.start(() => {
      if (this.#response?.stream !== undefined) return;
      const error = late();
      this.#fail(error, error);
    });
    const { headersTimeoutMs } = this.#options;
    if (this.#response === undefined) {
      this.#limit(headersTimeoutMs, () => new errors.HeadersTimeoutError());
    }
  }

  /** Ends the call for a reason on this side of it. */
  giveUp(error: Error): void {
    this.#fail(error, isGatewayError(error) ? error : notWanted(error));
  }

  // --- the call -------------------------------------------------------------------------------

  answered(response: UpstreamResponse): void {
    if (this.#isOver) {
      response.body.destroy();
      return;
    }
    this.#response = response;
    this.#stopQuiet();
    const { status, headers } = response;
    const text = http.STATUS_CODES[status] ?? '';
    this.#guarded(() =>
      this.#options.handler.onResponseStart?.(this, status, ownFields(headers), text),
    );
    // Most bodies arrive together with their head; a reader before that would start the clock of the next chunk.
    this.#deliver(() => soon(() => this.#read()));
  }

  failed(error: unknown): void {
    this.#fail(toError(error), error);
  }

  // --- its body -------------------------------------------------------------------------------

  chunk(bytes: Uint8Array): boolean {
    this.#deliver(() => {
      this.#awaitNext();
      this.#guarded(() => this.#options.handler.onResponseData?.(this, asBuffer(bytes)));
    });
    return !this.#isPaused;
  }

  end(trailers: MutableHeaders | undefined): void {
    this.#trailers = trailers ?? {};
    this.#deliver(() => {
      this.#finish();
      const { record, clock, handler } = this.#options;
      record.end(this.#response!.status, clock.now());
      try {
        handler.onResponseEnd?.(this, { ...trailers });
      } catch (error) {
        handler.onResponseError?.(this, toError(error));
      }
    });
  }

  fail(error: Error): void {
    this.#fail(error, error);
  }

  #read(): void {
    if (this.#isOver) return;
    this.#awaitNext();
    this.#response!.body.readInto(this);
  }

  #deliver(task: () => void): void {
    if (this.#isOver) return;
    if (this.#isPaused) this.#waiting.push(task);
    else task();
  }

  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.abort(toError(error));
    }
  }

  /** `told` is what the handler gets; the call and its record end with `why`. */
  #fail(told: Error, why: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    const { record, clock, handler, signal } = this.#options;
    record.fail(why, clock.now());
    signal.cancel(toError(why));
    this.#response?.body.destroy(toError(why));
    handler.onResponseError?.(this, told);
  }

  #finish(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#deadline?.stop();
    this.#stopQuiet();
    this.#options.onOver();
  }

  #awaitNext(): void {
    this.#limit(this.#options.bodyTimeoutMs, () => new errors.BodyTimeoutError());
  }

  #limit(ms: number, late: () => Error): void {
    this.#stopQuiet();
    if (ms === 0 || this.#isOver) return;
    this.#quiet = this.#options.clock.after(ms, () => this.giveUp(late()));
  }

  #stopQuiet(): void {
    if (this.#quiet === undefined) return;
    this.#options.clock.cancel(this.#quiet);
    this.#quiet = undefined;
  }
}

/** The handler may keep and edit what it gets. */
const ownFields = (headers: Headers): Record<string, string | string[]> => ({
  ...(headers as MutableHeaders),
});

/** Blames nobody: whoever dispatched it gave it up. */
const notWanted = (cause: Error): GatewayError =>
  new GatewayError('GW_CLIENT_CLOSED', 'no longer needed', { cause });
