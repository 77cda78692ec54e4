/**
 * Records in the memory of one process, which forgets them when it ends.
 *
 * Bounded: when it is full, the oldest ones make room. None is given up within its first ten minutes, when its client may well
 * ask again, or while a request has it: then the store counts as away.
 */
import {
  type Clock,
  GatewayError,
  type RecordChange,
  type RecordResult,
  type RecordStore,
} from 'portico';

export interface MemoryBounds {
  readonly records: number;
  readonly bytes: number;
}

const BOUNDS: MemoryBounds = { records: 100_000, bytes: 64 * 1_048_576 };
const SAFE_MS = 600_000;
/** Of a record besides its text. */
const RECORD_BYTES = 300;
/** Records looked at for each change: those that have expired go. */
const SWEEP = 4;

interface Stored {
  readonly version: string;
  readonly text: string;
  readonly writtenAt: number;
  readonly leaseUntil: number;
  readonly expiresAt: number;
}

export class MemoryRecords implements RecordStore {
  readonly #clock: Clock;
  readonly #bounds: MemoryBounds;
  /** The oldest change first. */
  readonly #records = new Map<string, Stored>();
  #bytes = 0;

  constructor(clock: Clock, bounds = BOUNDS) {
    this.#clock = clock;
    this.#bounds = bounds;
  }

  // oxlint-disable-next-line typescript/require-await -- what it throws is a rejection, as of any store
  async swap({ key, expected, next }: RecordChange): Promise<RecordResult> {
    const now = this.#clock.now();
    this.#sweep(now);
    const found = this.#at(key, now);
    if (found?.version !== expected) {
      if (found === undefined) return 'absent';
      const { version, text, leaseUntil } = found;
      return { version, text, leaseMs: Math.max(0, leaseUntil - now) };
    }
    if (next === undefined) {
      this.#remove(key);
      return 'done';
    }
    const { version, text, leaseMs, keepMs } = next;
    this.#makeRoom(text, now);
    this.#remove(key);
    const [leaseUntil, expiresAt] = [now + leaseMs, now + keepMs];
    this.#records.set(key, { version, text, writtenAt: now, leaseUntil, expiresAt });
    this.#bytes += text.length + RECORD_BYTES;
    return 'done';
  }

  #at(key: string, now: number): Stored | undefined {
    const found = this.#records.get(key);
    if (found === undefined || found.expiresAt > now) return found;
    this.#remove(key);
    return undefined;
  }

  #remove(key: string): void {
    const found = this.#records.get(key);
    if (found === undefined) return;
    this.#records.delete(key);
    this.#bytes -= found.text.length + RECORD_BYTES;
  }

  #sweep(now: number): void {
    let looked = 0;
    for (const [key, { expiresAt }] of this.#records) {
      if (looked++ >= SWEEP) return;
      if (expiresAt <= now) this.#remove(key);
    }
  }

  /** @throws GW_DEPENDENCY_DOWN if there is none */
  #makeRoom(text: string, now: number): void {
    const { records, bytes } = this.#bounds;
    const most = bytes - text.length - RECORD_BYTES;
    for (const [key, { writtenAt, leaseUntil, expiresAt }] of this.#records) {
      if (this.#records.size < records && this.#bytes <= most) return;
      if (writtenAt + SAFE_MS > now && expiresAt > now) break;
      if (leaseUntil <= now) this.#remove(key);
    }
    if (this.#records.size < records && this.#bytes <= most) return;
    throw new GatewayError('GW_DEPENDENCY_DOWN', 'there is no room for more keys');
  }
}
