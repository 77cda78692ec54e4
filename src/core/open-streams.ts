/**
 * The streams that are open in one gateway, whichever generation they belong to. They outlast requests, so
 * a stop must tell them to end.
 */
import type { Clock } from './clock.ts';
import type { StreamRecord } from './stream-record.ts';

export interface OpenStream {
  readonly record: StreamRecord;
  /** Asks both sides to end, because the gateway stops. */
  drain(): void;
}

/** Streams that end at a stop come back elsewhere at once; this is the part of the grace they are spread over. */
const SPREAD = 0.6;
/** Few streams do not need all of that: the longest pause between two. */
const MAX_PAUSE_MS = 20;

export class OpenStreams {
  readonly #clock: Clock;
  readonly #open = new Set<OpenStream>();
  #isDraining = false;

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
    if (this.#isDraining) stream.drain();
  }

  remove(stream: OpenStream): void {
    this.#open.delete(stream);
  }

  /** Ends all streams, spread over a part of `graceMs`; one that is added later ends at once. */
  drain(graceMs: number): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const streams = [...this.#open];
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
}
