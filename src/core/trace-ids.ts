/**
 * Random ids of traces and spans. They are cut from a long text of random digits, because asking for 16 random bytes, and
 * for their digits, costs as much as the rest of a request's trace.
 */
import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4_096;
const DIGITS = POOL_BYTES * 2;
const NO_DIGIT = /^0+$/;

export class TraceIds {
  #pool = '';
  #used = DIGITS;

  /** 32 hexadecimal digits. */
  traceId(): string {
    return this.#id(32);
  }

  /** 16 hexadecimal digits. */
  spanId(): string {
    return this.#id(16);
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return Number.parseInt(this.#digits(12), 16) / 2 ** 48;
  }

  /** Not all 0, which means that there is none. */
  #id(count: number): string {
    const id = this.#digits(count);
    return id.startsWith('0') && NO_DIGIT.test(id) ? this.#id(count) : id;
  }

  #digits(count: number): string {
    if (this.#used + count > DIGITS) {
      this.#pool = randomBytes(POOL_BYTES).toString('hex');
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += count;
    return this.#pool.slice(from, this.#used);
  }
}
