/**
 * The streams that are open in one gateway, whichever generation they belong to. They outlast requests, so
 * a stop must tell them to end.
 */
import type { Clock, Timer } from './clock.ts';
import type { StreamRecord } from './stream-record.ts';

export interface OpenStream {
  readonly record: StreamRecord;
  /** It may end by itself, and only then is it whole: it is asked last. Default: it goes on for ever. */
  readonly mayEnd?: boolean;
  /** Asks both sides to end, because the gateway stops; does nothing the second time. */
  drain(): void;
}

/** Streams that end at a stop come back elsewhere at once; this is the part of the grace they are spread over. */
const SPREAD = 0.6;
/** The part of the grace that is left to those that may end by themselves. */
const LAST = 0.8;
/** Few streams do not need all of that: the longest pause between two. */
const MAX_PAUSE_MS = 20;

export class OpenStreams {
  readonly #clock: Clock;
  readonly #open = new Set<OpenStream>();
  #isDraining = false;
  /** When those that may end by themselves are asked, on the clock. */
  #lastAt = 0;
  #last: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<OpenStream> {
    return this.#open.values();
  }

  /** Add a stream when it opens, and {@link remove} it when it is over. */
  add(stream: OpenStream): void {
    this.#open.add(stream);
    if (!this.#isDraining) return;
    if (stream.mayEnd === true) this.#awaitLast();
    else stream.drain();
  }

  remove(stream: OpenStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    this.#clock.cancel(this.#last);
    this.#last = undefined;
  }

  /**
   * Ends all streams, spread over a part of `graceMs`, and those that may end by themselves after that; one that is
   * added later ends at once.
   */
  drain(graceMs: number): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#lastAt = this.#clock.now() + graceMs * LAST;
    const [streams, lasting] = [false, true].map((mayEnd) =>
      [...this.#open].filter((stream) => (stream.mayEnd === true) === mayEnd),
    ) as [OpenStream[], OpenStream[]];
    if (lasting.length > 0) this.#awaitLast();
    const pauseMs = Math.min((graceMs * SPREAD) / streams.length, MAX_PAUSE_MS);
    const startedAt = this.#clock.now();
    let told = 0;
    const next = (): void => {
      const due = pauseMs > 0 ? 1 + (this.#clock.now() - startedAt) / pauseMs : streams.length;
      for (; told < Math.min(due, streams.length); told++) {
        if (this.#open.has(streams[told]!)) streams[told]!.drain();
      }
      if (told < streams.length) this.#clock.after(Math.max(pauseMs, 1), next);
    };
    next();
  }

  /** Asking a stream a second time does nothing. */
  #awaitLast(): void {
    const waitMs = Math.max(this.#lastAt - this.#clock.now(), 0);
    this.#last ??= this.#clock.after(waitMs, () => {
      this.#last = undefined;
      for (const stream of this.#open) stream.drain();
    });
  }
}
