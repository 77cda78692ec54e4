/**
 * The body that a client sends, on its way upstream: streamed at once, counted against its limit, and
 * kept as far as a retry may need it.
 *
 * The client's stream is never handed to an HTTP client, which would destroy the client's connection
 * whenever an upstream fails. Each attempt gets its own stream.
 */
import type { Readable } from 'node:stream';
import type { Cancellation, CancelListener } from './cancellation.ts';
import type { Clock } from './clock.ts';
import { GatewayError } from './errors.ts';
import { spentBuffers } from './spent-buffers.ts';
import type { RequestBody, UploadRoom } from './request-body.ts';
import { UploadAttempt } from './upload-attempt.ts';
import { UploadPace } from './upload-pace.ts';

export interface UploadOptions {
  readonly clock: Clock;
  /** GW_BODY_TOO_LARGE past this many bytes. */
  readonly limitBytes: number;
  /** Bytes kept for another attempt; a longer body has only the current one. 0 keeps none. */
  readonly keepBytes: number;
  /** GW_REQUEST_TIMEOUT if the client sends nothing for this long while bytes are asked for. */
  readonly idleMs: number;
  /** GW_REQUEST_TIMEOUT if it sends fewer bytes per second while they are asked for; 0: no minimum. */
  readonly minRate?: number;
  /** A stream of messages that come at any time (gRPC), so a pause is not a fault. */
  readonly isConversation?: boolean;
  /** GW_UPSTREAM_TIMEOUT for an attempt that takes nothing for this long while bytes are available. */
  readonly stallMs: number;
  /** Must end the call; called once. */
  readonly onFault: (error: GatewayError) => void;
  /** Called before the first byte is read: the moment for `100 Continue` (RFC 9110 §10.1.1). */
  readonly onFirstRead: () => void;
}

/** Waits for the whole body. */
interface Collector {
  readonly room: UploadRoom;
  readonly settle: (bytes: Buffer | undefined) => void;
}

export class Upload implements RequestBody {
  /** Declared length; `undefined` when it comes in chunks. */
  readonly length: number | undefined;
  readonly #source: Readable;
  readonly #options: UploadOptions;
  readonly #pace: UploadPace;
  #attempt: UploadAttempt | undefined;
  #collector: Collector | undefined;
  #copy: ((chunk: Uint8Array) => void) | undefined;
  #kept: Buffer[] | undefined = [];
  #received = 0;
  #started = false;
  #ended = false;
  #faulted = false;
  #discards = false;
  /** The total of earlier spans. */
  #flowedMs = 0;
  #flowingSince: number | undefined;
  #endListeners: (() => void)[] = [];
  #restListeners: (() => void)[] = [];

  constructor(source: Readable, length: number | undefined, options: UploadOptions) {
    this.#source = source;
    this.length = length;
    this.#options = options;
    this.#pace = new UploadPace(options, (error) => this.fault(error));
  }

  /** Has the client sent everything? */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Is an attempt sending it, with more to come? Deadlines are paused meanwhile. */
  get isFlowing(): boolean {
    return this.#flowingSince !== undefined;
  }

  /** A stream of messages that come at any time. */
  get isConversation(): boolean {
    return this.#options.isConversation === true;
  }

  /** Can another attempt send it from its first byte? */
  get isReplayable(): boolean {
    return this.#kept !== undefined && !this.#faulted;
  }

  /** Bytes received so far. */
  get received(): number {
    return this.#received;
  }

  /** How long it has been flowing in total, in milliseconds. */
  flowedMs(): number {
    if (this.#flowingSince === undefined) return this.#flowedMs;
    return this.#flowedMs + this.#options.clock.now() - this.#flowingSince;
  }

  /** How far the client is behind with the bytes asked for, in milliseconds at `now`. */
  lagMs(now: number): number {
    return this.#pace.lagMs(now);
  }

  /** How long the client has sent nothing while bytes were asked for, in milliseconds at `now`. */
  quietMs(now: number): number {
    return this.#ended ? Number.POSITIVE_INFINITY : this.#pace.quietMs(now);
  }

  /** Runs `listener` when the client has sent everything; at once if it has. */
  onEnd(listener: () => void): void {
    if (this.#ended) listener();
    else this.#endListeners.push(listener);
  }

  /**
   * Runs `listener` when it stops flowing, because it or its attempt ended; at once if it does not flow.
   */
  onRest(listener: () => void): void {
    if (this.isFlowing) this.#restListeners.push(listener);
    else listener();
  }

  /** Shows each chunk to `copy` as it arrives; call it before the body is read, and once. */
  copyTo(copy: (chunk: Uint8Array) => void): void {
    this.#copy = copy;
  }

  /**
   * A stream of the whole body for one attempt; an earlier attempt's stream gets nothing more. `onStall`
   * is called if the attempt stops taking bytes; without it the call fails.
   */
  open(onStall: (error: GatewayError) => void = (error) => this.fault(error)): Readable {
    if (this.#kept === undefined || this.#faulted) {
      throw new TypeError('the body is gone: it was not buffered');
    }
    if (this.#attempt !== undefined) this.detach(this.#attempt);
    this.#attempt = new UploadAttempt(this, this.#kept, this.#options, onStall);
    return this.#attempt;
  }

  /**
   * The whole body, before any attempt; `undefined` if it exceeds `room`, and then attempts stream it.
   * Rejects when the call is cancelled.
   */
  collect(room: UploadRoom, signal: Cancellation): Promise<Buffer | undefined> {
    return new Promise((resolve, reject) => {
      const listener: CancelListener = {
        onCancel: (reason) => {
          this.#collector = undefined;
          reject(reason);
        },
      };
      const settle = (bytes: Buffer | undefined): void => {
        this.#collector = undefined;
        signal.unlisten(listener);
        resolve(bytes);
      };
      if (this.#ended) settle(this.#whole());
      else {
        this.#collector = { room, settle };
        signal.listen(listener);
        this.#flow();
      }
    });
  }

  /**
   * A response has come, so the body will not be sent again; drops the kept bytes. A conversation may go
   * on for as long as both sides like: pauses of the upstream are still bounded, but the client may have
   * nothing to send.
   */
  forget(): void {
    this.#kept = undefined;
    if (this.isConversation) this.#pace.excuse();
  }

  /**
   * Drops whatever else the client sends, up to the limit, so that it can read our answer. Faults are no
   * longer reported, because they would end that answer.
   */
  discard(): void {
    this.#attempt = undefined;
    this.#kept = undefined;
    if (this.#ended || this.#faulted) return;
    this.#discards = true;
    this.#pace.rest();
    this.#rest();
    // Without `onFirstRead`, because an answered client must not be asked for its body.
    if (!this.#started) this.#start();
    this.#source.resume();
  }

  /** `attempt` is ready for more. */
  pull(attempt: Readable): void {
    if (attempt === this.#attempt) this.#flow();
  }

  /** `attempt` ended, early or not; the client waits until the next one opens. */
  detach(attempt: Readable): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    if (this.#ended) return;
    this.#hold();
    this.#rest();
  }

  fault(error: GatewayError): void {
    if (this.#faulted || this.#ended) return;
    this.#faulted = true;
    this.#hold();
    this.#rest();
    this.#options.onFault(error);
  }

  #flow(): void {
    if (this.#ended || this.#faulted) return;
    this.#flowingSince ??= this.#options.clock.now();
    if (!this.#started) {
      this.#options.onFirstRead();
      this.#start();
    }
    this.#pace.ask();
    this.#source.resume();
  }

  #hold(): void {
    this.#pace.rest();
    this.#source.pause();
  }

  #rest(): void {
    this.#flowedMs = this.flowedMs();
    this.#flowingSince = undefined;
    const listeners = this.#restListeners;
    this.#restListeners = [];
    for (const listener of listeners) listener();
  }

  #start(): void {
    this.#started = true;
    this.#source.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#source.on('end', () => this.#end());
    this.#source.on('error', () => this.#hold());
    this.#source.on('close', () => {
      this.#pace.rest();
      this.#rest();
    });
  }

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    this.#pace.took(chunk.length);
    spentBuffers.count(chunk);
    this.#copy?.(chunk);
    const { limitBytes, keepBytes } = this.#options;
    if (this.#discards) {
      if (this.#received > limitBytes) this.#hold();
      return;
    }
    if (this.#received > limitBytes) {
      this.fault(new GatewayError('GW_BODY_TOO_LARGE', `more than ${limitBytes} bytes`));
      return;
    }
    if (this.#collector !== undefined) {
      this.#kept?.push(chunk);
      if (!this.#collector.room.add(chunk.length)) this.#stopCollecting(this.#collector);
      return;
    }
    if (this.#received <= keepBytes) this.#kept?.push(chunk);
    else this.#kept = undefined;
    if (this.#attempt?.give(chunk) === false) this.#hold();
  }

  #stopCollecting({ settle }: Collector): void {
    this.#hold();
    this.#rest();
    settle(undefined);
  }

  /** The kept bytes, joined into one piece. */
  #whole(): Buffer | undefined {
    if (this.#kept === undefined) return undefined;
    const [first, ...rest] = this.#kept;
    const bytes = first !== undefined && rest.length === 0 ? first : Buffer.concat(this.#kept);
    this.#kept = [bytes];
    return bytes;
  }

  #end(): void {
    this.#ended = true;
    this.#pace.rest();
    this.#attempt?.finish();
    this.#collector?.settle(this.#whole());
    this.#rest();
    const listeners = this.#endListeners;
    this.#endListeners = [];
    for (const listener of listeners) listener();
  }
}
