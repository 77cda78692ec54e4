/**
 * Records of plugins: each is changed in one statement, so of several that would change it, one does. Leases go by the clock of the
 * database.
 */
import type { Pool } from 'pg';
import type { FoundRecord, RecordChange, RecordResult } from '../../operations/record-store.ts';

const ROWS_AT_ONCE = 1_000;
const MOST_ROUNDS = 20;
/** Somebody else takes and drops it all the time. */
const MOST_RACES = 5;

const AFTER = (parameter: string): string =>
  `clock_timestamp() + ${parameter}::float8 * interval '1 ms'`;

export class SharedRecords {
  readonly #pool: Pool;
  readonly #table: string;

  constructor(pool: Pool, schema: string) {
    this.#pool = pool;
    this.#table = `${schema}.record`;
  }

  async swap(change: RecordChange): Promise<RecordResult> {
    for (let races = 0; races < MOST_RACES; races++) {
      if (await this.#change(change)) return 'done';
      const found = await this.#find(change.key);
      if (found !== undefined) return found;
      if (change.expected !== undefined) return 'absent';
    }
    throw new Error('a record changes too often');
  }

  /** Drops what has expired; not all of it at once, for there may be much. */
  async tidy(): Promise<void> {
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      if ((await this.#dropExpired()) < ROWS_AT_ONCE) return;
    }
  }

  async #dropExpired(): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `DELETE FROM ${this.#table} WHERE key IN (
         SELECT key FROM ${this.#table} WHERE expires_at <= clock_timestamp()
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [ROWS_AT_ONCE],
    );
    return rowCount ?? 0;
  }

  #change({ key, expected, next }: RecordChange): Promise<boolean> {
    if (next === undefined) {
      const sql = `DELETE FROM ${this.#table} WHERE key = $1 AND version = $2`;
      return this.#hasChanged(sql, [key, expected ?? '']);
    }
    const values = [key, next.version, next.text, next.leaseMs, next.keepMs];
    if (expected === undefined) {
      const sql = `INSERT INTO ${this.#table} AS known (key, version, value, leased_until, expires_at)
        VALUES ($1, $2, $3, ${AFTER('$4')}, ${AFTER('$5')})
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value,
          leased_until = excluded.leased_until, expires_at = excluded.expires_at
        WHERE known.expires_at <= clock_timestamp()`;
      return this.#hasChanged(sql, values);
    }
    const sql = `UPDATE ${this.#table} SET version = $2, value = $3,
        leased_until = ${AFTER('$4')}, expires_at = ${AFTER('$5')}
      WHERE key = $1 AND version = $6 AND expires_at > clock_timestamp()`;
    return this.#hasChanged(sql, [...values, expected]);
  }

  async #hasChanged(sql: string, values: readonly unknown[]): Promise<boolean> {
    const { rowCount } = await this.#pool.query(sql, values);
    return rowCount === 1;
  }

  async #find(key: string): Promise<FoundRecord | undefined> {
    const { rows } = await this.#pool.query<FoundRecord>(
      `SELECT version, value AS text,
         greatest(0, extract(epoch FROM leased_until - clock_timestamp()) * 1000)::float8 AS "leaseMs"
       FROM ${this.#table} WHERE key = $1 AND expires_at > clock_timestamp()`,
      [key],
    );
    return rows[0];
  }
}
