/** Random ids of traces and spans, from a pool of random bytes, because asking for 8 of them at a time is slow. */
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4_096;

export class TraceIds {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #used = POOL_BYTES;

  /** 32 hexadecimal digits. */
  traceId(): string {
    return this.#hex(16);
  }

  /** 16 hexadecimal digits. */
  spanId(): string {
    return this.#hex(8);
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return Number.parseInt(this.#hex(6), 16) / 2 ** 48;
  }

  #hex(bytes: number): string {
    if (this.#used + bytes > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += bytes;
    const id = this.#pool.toString('hex', from, from + bytes);
    // All 0 means that there is none.
    return /[^0]/.test(id) ? id : this.#hex(bytes);
  }
}
