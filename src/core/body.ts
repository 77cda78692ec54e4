/**
 * The body of an upstream's response: a one-shot source that costs almost nothing if the whole body
 * arrives with its head, and applies back-pressure if the reader is slow.
 *
 * Chunks that arrive before a reader attaches are held, up to 64 KiB; then the upstream is paused. The
 * receiver of a body must end it: `send`, `bytes`, `json`, `stream`, `dump` or `destroy`.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { collectBytes, notWanted, readAway, toStream } from './body-readers.ts';
import { type CloseListener, tellClosed } from './close-listeners.ts';
import { toUtf8 } from './decode.ts';
import type { Headers, MutableHeaders } from './headers.ts';
import { type Json, NOTHING, readJson } from './json.ts';
import { Lag } from './lag.ts';
import { asBuffer, ResponseSink, type SendOptions, type Sink, type Through } from './sink.ts';
import { spentBuffers } from './spent-buffers.ts';

/** The upstream is paused past this many bytes without a reader. */
export const HELD_BYTES = 65_536;

/** What feeds a body: the exchange with the upstream. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** A reader waits for the next chunk: the clock of `idleTimeout` starts. */
  awaited(): void;
  abort(reason: Error): void;
  /** Milliseconds on the gateway's clock. */
  now(): number;
}

/** Called with true if the body has ended, and with false if it is too long to hold. */
type HeldListener = (hasEnded: boolean) => void;

const NO_BYTES = Buffer.alloc(0);

/** The source of a body that is already here. */
export const NOWHERE: BodySource = {
  pause() {},
  resume() {},
  awaited() {},
  abort() {},
  now: () => 0,
};

export class Body {
  readonly #source: BodySource;
  /** Made with the first: an empty list would get room for 17 with it. */
  #held: Uint8Array[] | undefined;
  #heldBytes = 0;
  #received = 0;
  #paused = false;
  /** The reader's lag; created when the reader first falls behind. */
  #lag: Lag | undefined;
  /** Bytes received when the reader last caught up. */
  #caughtUpAt = 0;
  #taken = false;
  #sink: Sink | undefined;
  #closed = false;
  #error: Error | undefined;
  #trailers: MutableHeaders | undefined;
  #closeListeners: CloseListener[] | undefined;
  #heldListener: HeldListener | undefined;
  #isStream = false;
  #streamListeners: (() => void)[] | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** A body that is already here. */
  static of(bytes: Uint8Array | string): Body {
    const body = new Body(NOWHERE);
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (chunk.length > 0) body.push(chunk);
    body.finish(undefined);
    return body;
  }

  // --- the exchange's side ------------------------------------------------------------------------

  /** One more chunk from the upstream. */
  push(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#received += chunk.length;
    spentBuffers.count(chunk);
    if (this.#sink !== undefined) {
      if (!this.#sink.chunk(chunk)) this.#waitForReader();
      return;
    }
    if (this.#held === undefined) this.#held = [chunk];
    else this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= HELD_BYTES) return;
    this.#pause();
    this.#tellHeld(false);
  }

  /** The upstream has sent everything. */
  finish(trailers: MutableHeaders | undefined): void {
    if (this.#closed) return;
    if (trailers !== undefined) this.trail(trailers);
    this.#close(undefined);
    this.#sink?.end(this.#trailers);
  }

  /**
   * The exchange holds a place among its upstream's streams from now on: what bounds ordinary answers lets go of
   * it.
   */
  becomeStream(): void {
    if (this.#closed) return;
    this.#isStream = true;
    const listeners = this.#streamListeners ?? [];
    this.#streamListeners = undefined;
    for (const listener of listeners) listener();
  }

  /** The exchange broke before the end of the body. */
  fail(error: Error): void {
    if (this.#closed) return;
    this.#close(error);
    this.#sink?.fail(error);
  }

  // --- the reader's side --------------------------------------------------------------------------

  get received(): number {
    return this.#received;
  }

  /** Is the exchange over, whether it succeeded or failed? */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** What broke the exchange; `undefined` if nothing did. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How far its reader is behind, in milliseconds at `now`; 0 while it keeps up. */
  readerLagMs(now: number): number {
    return this.#lag === undefined ? 0 : this.#lag.at(now);
  }

  /** Adds trailers to those that the upstream sends. */
  trail(fields: MutableHeaders): void {
    this.#trailers = { ...this.#trailers, ...fields };
  }

  /** The trailers; `undefined` before the end, and if there are none. */
  get trailers(): Headers | undefined {
    return this.#trailers;
  }

  /** Runs `listener` when the exchange is over, with `undefined` if the whole body came. */
  onClose(listener: CloseListener): void {
    if (this.#closed) listener(this.#error);
    else if (this.#closeListeners === undefined) this.#closeListeners = [listener];
    else this.#closeListeners.push(listener);
  }

  /** Runs `listener` when the exchange becomes one of its upstream's streams, if it does; at once if it is. */
  onStream(listener: () => void): void {
    if (this.#isStream) listener();
    else if (this.#streamListeners === undefined) this.#streamListeners = [listener];
    else this.#streamListeners.push(listener);
  }

  /**
   * Runs `listener` once, when the body has ended or is too long to be held without a reader. Call it
   * only before the body is read; it can still be read afterwards.
   */
  onHeld(listener: HeldListener): void {
    if (this.#closed) listener(true);
    else if (this.#paused) listener(false);
    else this.#heldListener = listener;
  }

  /**
   * Sends head and body to a client, in one write if the whole body is here. A head that came alone is
   * sent alone, because the first byte of an event stream may take long.
   */
  send(
    response: ServerResponse,
    status: number,
    headers: MutableHeaders,
    options: SendOptions,
  ): void {
    this.#take();
    if (this.#error !== undefined || response.destroyed) {
      response.destroy(this.#error);
      this.destroy();
      return;
    }
    try {
      response.writeHead(status, headers);
    } catch (error) {
      // A head that cannot be written must not leave the exchange open.
      this.destroy();
      throw error;
    }
    const sink = new ResponseSink(response, options, this);
    if (options.through !== undefined) {
      if (this.#held === undefined) response.flushHeaders();
      this.#attach(options.through.over(sink));
    } else if (this.#closed && this.#trailers === undefined) sink.end(undefined, this.#joinHeld());
    else {
      if (!this.#closed && this.#held === undefined) response.flushHeaders();
      this.#attach(sink);
    }
  }

  /** The whole body. @throws GW_UPSTREAM_INVALID past `capBytes`; whatever broke the exchange */
  async bytes(capBytes: number): Promise<Buffer> {
    const here = this.#whole(capBytes);
    // A copy, so that the caller does not keep the whole receive buffer alive.
    return here === undefined ? collectBytes(this, capBytes) : Buffer.from(here);
  }

  /**
   * The whole body as JSON, without keys that could reach a prototype.
   *
   * @throws GW_UPSTREAM_INVALID past `capBytes` or when it is not JSON
   */
  async json(capBytes: number): Promise<unknown> {
    const bytes = this.#whole(capBytes) ?? (await collectBytes(this, capBytes));
    return readJson(toUtf8(bytes)).value;
  }

  /** Like `json`, but with the text; `null` for an empty body. */
  async readJson(capBytes: number): Promise<Json> {
    const bytes = this.#whole(capBytes) ?? (await collectBytes(this, capBytes));
    return bytes.length === 0 ? NOTHING : readJson(toUtf8(bytes));
  }

  /**
   * A standard stream, for code that needs one; destroying it ends the exchange. `through` sees what it gets.
   */
  stream(through?: Through): Readable {
    return toStream(this, through);
  }

  /** Reads to the end, so that the connection can be reused; past `capBytes` the exchange ends. */
  dump(capBytes = HELD_BYTES): Promise<void> {
    return readAway(this, capBytes);
  }

  /** The primitive for all reading: sends what is held to `sink` at once, and the rest as it comes. */
  readInto(sink: Sink): void {
    this.#take();
    this.#attach(sink);
  }

  /** Ends the exchange now; closes the connection if bytes are still to come. */
  destroy(reason?: Error): void {
    this.#taken = true;
    if (this.#closed) return;
    const why = reason ?? notWanted();
    this.#source.abort(why);
    this.fail(why);
  }

  resume(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    if (this.#lag !== undefined) {
      this.#lag.end(this.#source.now(), this.#received - this.#caughtUpAt);
      this.#caughtUpAt = this.#received;
    }
    // In this order, because resuming may bring chunks at once, and with them the next pause.
    this.#source.awaited();
    this.#source.resume();
  }

  #waitForReader(): void {
    this.#lag ??= new Lag();
    this.#lag.begin(this.#source.now());
    this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #take(): void {
    if (this.#taken) throw new TypeError('a body can be read once');
    this.#taken = true;
  }

  #attach(sink: Sink): void {
    this.#sink = sink;
    const held = this.#held;
    let wantsMore = true;
    if (held !== undefined) {
      this.#held = undefined;
      this.#heldBytes = 0;
      for (const chunk of held) wantsMore = sink.chunk(chunk) && wantsMore;
    }
    if (this.#closed) {
      if (this.#error === undefined) sink.end(this.#trailers);
      else sink.fail(this.#error);
    } else if (!wantsMore) this.#waitForReader();
    else if (this.#paused) this.resume();
    else this.#source.awaited();
  }

  /** The whole body if it is here, as most are by the time they are read; otherwise `undefined`. */
  #whole(capBytes: number): Buffer | undefined {
    if (!this.#closed || this.#error !== undefined || this.#heldBytes > capBytes) return undefined;
    this.#take();
    return asBuffer(this.#joinHeld() ?? NO_BYTES);
  }

  #joinHeld(): Uint8Array | undefined {
    const held = this.#held;
    return held !== undefined && held.length > 1 ? Buffer.concat(held) : held?.[0];
  }

  #close(error: Error | undefined): void {
    this.#closed = true;
    this.#error = error;
    const listeners = this.#closeListeners;
    this.#closeListeners = undefined;
    if (listeners !== undefined) tellClosed(listeners, error);
    this.#tellHeld(true);
  }

  #tellHeld(hasEnded: boolean): void {
    const listener = this.#heldListener;
    this.#heldListener = undefined;
    listener?.(hasEnded);
  }
}
