/**
 * Small records that several gateways share and change one at a time: what a plugin needs for locks, leases and answers
 * that it keeps.
 */

/** What is to stand under a key. */
export interface RecordWrite {
  /** Names this record, of all that ever stand under its key; for the next change. Without spaces. */
  readonly version: string;
  readonly text: string;
  /** For how long its writer vouches for it, in milliseconds; 0 for no time. Whoever finds it is told what is left. */
  readonly leaseMs: number;
  /** When it is forgotten, in milliseconds from now. */
  readonly keepMs: number;
}

export interface RecordChange {
  readonly key: string;
  /** Of the record that is replaced; `undefined`: there must be none. */
  readonly expected: string | undefined;
  /** `undefined`: there will be none. */
  readonly next: RecordWrite | undefined;
}

/** A record that was not the one to replace. */
export interface FoundRecord {
  readonly version: string;
  readonly text: string;
  /** What is left of its lease, by the store's clock; 0 when that has run out. */
  readonly leaseMs: number;
}

/** `absent`: one was to be replaced, and there is none. */
export type RecordResult = 'done' | 'absent' | FoundRecord;

export interface RecordStore {
  /**
   * Changes what stands under a key, in one step, unless something else stands there than expected.
   *
   * Rejects with GW_DEPENDENCY_DOWN when the store does not answer in time; the change may have been made.
   */
  swap(change: RecordChange): Promise<RecordResult>;
}
