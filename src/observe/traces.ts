/**
 * The traces that may be read at the admin port: the last ones, for five minutes, within a bounded memory.
 *
 * It also remembers which signatures were used: a request that was overheard gets no second trace, and so
 * cannot push out others.
 */
import type { Clock, Timer } from '../core/clock.ts';

export const TRACE_LIMITS = {
  kept: 200,
  keptMs: 300_000,
  /** Of one trace, as JSON, and of all. */
  traceBytes: 65_536,
  bytes: 4_194_304,
  /** Signatures that were used and are still valid. Beyond them nothing is traced until some have ended. */
  used: 1_000,
} as const;

interface Kept {
  /** As JSON; empty while it is being made. */
  readonly text: Promise<string>;
  bytes: number;
  readonly until: number;
}

export class Traces {
  readonly #clock: Clock;
  /** By the id of the request, oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** Nonces, and until when their signatures are valid. */
  readonly #used = new Map<string, number>();
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Is this the first use of `nonce`, which is valid for `ms` more? */
  claim(nonce: string, ms: number): boolean {
    const now = this.#clock.now();
    if (this.#used.size >= TRACE_LIMITS.used) this.#forgetEnded(now);
    if (this.#used.size >= TRACE_LIMITS.used || this.#used.has(nonce)) return false;
    this.#used.set(nonce, now + ms);
    this.#arm();
    return true;
  }

  /** Keeps the trace of the request `id`; one that cannot be made is not there. */
  keep(id: string, text: Promise<string>): void {
    this.#drop(id);
    const kept = { text, bytes: 0, until: this.#clock.now() + TRACE_LIMITS.keptMs };
    this.#kept.set(id, kept);
    if (this.#kept.size > TRACE_LIMITS.kept) this.#dropOldest();
    text.then(
      (made) => this.#weigh(id, kept, made),
      () => this.#drop(id),
    );
    this.#arm();
  }

  /** As JSON; `undefined` if there is none, or none any more. */
  async find(id: string): Promise<string | undefined> {
    this.#sweep();
    return this.#kept.get(id)?.text.catch(() => undefined);
  }

  close(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#kept.clear();
    this.#used.clear();
    this.#bytes = 0;
  }

  #weigh(id: string, kept: Kept, text: string): void {
    if (this.#kept.get(id) !== kept) return;
    kept.bytes = Buffer.byteLength(text);
    this.#bytes += kept.bytes;
    while (this.#bytes > TRACE_LIMITS.bytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#drop(oldest);
  }

  #drop(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0;
    this.#kept.delete(id);
  }

  #arm(): void {
    this.#timer ??= this.#clock.after(TRACE_LIMITS.keptMs, () => {
      this.#timer = undefined;
      this.#sweep();
      if (this.#kept.size + this.#used.size > 0) this.#arm();
    });
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#kept) if (until <= now) this.#drop(id);
    this.#forgetEnded(now);
  }

  #forgetEnded(now: number): void {
    for (const [nonce, until] of this.#used) if (until <= now) this.#used.delete(nonce);
  }
}
