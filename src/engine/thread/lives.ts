/**
 * Who lives, and what becomes of the work of the dead.
 *
 * Every engine tells by a heartbeat that it lives. Whoever sees work of one that no longer does has it resumed; two that do, or a
 * paused engine that wakes up, are harmless: the records of a run have one owner, and the others' are refused.
 * All times are by the clock of the database.
 *
 * A store that was away has silenced everybody: whoever could not tell of itself for so long believes nobody's silence until all had
 * the time to tell.
 */
import type { Pool } from 'pg';
import type { StoreConfig } from '../../config/build/store-config.ts';
import { runNamed } from '../../operations/ids.ts';

/** A run that was taken over this often without a new record ends every engine that takes it. */
const MOST_TAKEOVERS = 20;
const ROWS_AT_ONCE = 100;
/** How long a row may wait for its run to be started. */
const STARTING = "interval '1 minute'";

export interface GivenUp {
  readonly id: string;
  readonly run: number;
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly status: 'stuck';
  readonly step: string;
  readonly reason: string;
}

export class Lives {
  readonly #pool: Pool;
  readonly #own: string;
  readonly #engine: string;
  readonly #executor: string;
  readonly #store: StoreConfig;
  readonly #now: () => number;
  #toldAt: number;
  /** Since when it has told of itself without a gap. */
  #steadySince: number;

  /** @param now milliseconds of a clock that only goes on */
  constructor(pool: Pool, executor: string, store: StoreConfig, now = () => performance.now()) {
    this.#pool = pool;
    this.#own = store.schemas.own;
    this.#engine = store.schemas.engine;
    this.#executor = executor;
    this.#store = store;
    this.#now = now;
    this.#toldAt = now();
    this.#steadySince = Number.NEGATIVE_INFINITY;
  }

  /** The first heartbeat; `former` lives, and those of the same promised node, are dead at once. */
  async begin(former: readonly string[]): Promise<void> {
    const { node } = this.#store;
    await this.#pool.query(
      `DELETE FROM ${this.#own}.node WHERE executor = ANY($1) OR node = $2
         OR seen_at < clock_timestamp() - interval '1 hour'`,
      [former, node ?? null],
    );
    await this.beat();
  }

  async beat(): Promise<void> {
    await this.#pool.query(
      `INSERT INTO ${this.#own}.node (executor, node, seen_at) VALUES ($1, $2, clock_timestamp())
       ON CONFLICT (executor) DO UPDATE SET seen_at = excluded.seen_at`,
      [this.#executor, this.#store.node ?? ''],
    );
    const now = this.#now();
    if (now - this.#toldAt > this.#store.deadMs / 2) this.#steadySince = now;
    this.#toldAt = now;
  }

  /** Silence tells of death, rather than of a store that nobody could reach. */
  get #isSteady(): boolean {
    const { heartbeatMs, deadMs } = this.#store;
    const now = this.#now();
    return now - this.#toldAt <= deadMs / 2 && now - this.#steadySince >= 2 * heartbeatMs;
  }

  /** Others may take over at once. */
  async end(): Promise<void> {
    await this.#pool.query(`DELETE FROM ${this.#own}.node WHERE executor = $1`, [this.#executor]);
  }

  /**
   * The runs of dead engines, and those of this one that it does not know of: a store that went away in the wrong moment has given
   * them to it, and it was never told. Those that were taken over too often are in `hopeless`.
   *
   * @param known runs that are here
   */
  async orphans(known: readonly string[]): Promise<{
    readonly runs: readonly string[];
    readonly hopeless: readonly string[];
  }> {
    const { rows } = await this.#pool.query<{ readonly run: string }>(
      `SELECT workflow_uuid AS run FROM ${this.#engine}.workflow_status w
       LEFT JOIN ${this.#own}.node n ON n.executor = w.executor_id
       WHERE w.status = 'PENDING' AND CASE
         WHEN w.executor_id = $3 THEN w.workflow_uuid <> ALL($4)
           AND to_timestamp(w.updated_at / 1000.0) < clock_timestamp() - $1::float8 * interval '1 ms'
         WHEN n.executor IS NULL THEN true
         ELSE $5 AND n.seen_at < clock_timestamp() - $1::float8 * interval '1 ms' END
       ORDER BY w.created_at LIMIT $2`,
      [this.#store.deadMs, ROWS_AT_ONCE, this.#executor, known, this.#isSteady],
    );
    const runs = rows.map(({ run }) => run);
    if (runs.length === 0) return { runs, hopeless: [] };
    const ids = runs.map((run) => runNamed(run).id);
    const counted = await this.#pool.query<{ readonly id: string; readonly takeovers: number }>(
      `UPDATE ${this.#own}.operation SET takeovers = takeovers + 1 WHERE id = ANY($1::uuid[])
       RETURNING id, takeovers`,
      [ids],
    );
    const tooOften = new Set(
      counted.rows.filter(({ takeovers }) => takeovers > MOST_TAKEOVERS).map(({ id }) => id),
    );
    const isHopeless = (run: string): boolean => tooOften.has(runNamed(run).id);
    return {
      runs: runs.filter((run) => !isHopeless(run)),
      hopeless: runs.filter((run) => isHopeless(run)),
    };
  }

  /** It is stuck where it is: an operator decides. @returns what is stuck, unless somebody else has seen that first */
  async giveUp(name: string): Promise<GivenUp | undefined> {
    const { id, run } = runNamed(name);
    const { rows } = await this.#pool.query<GivenUp>(
      `UPDATE ${this.#own}.operation SET status = 'stuck', reason = $3,
         step = coalesce(step, steps[1]), updated_at = clock_timestamp()
       WHERE id = $1 AND run = $2 AND ended_at IS NULL AND status <> 'stuck'
       RETURNING id, run, kind, name, status, step, reason`,
      [id, run, 'taken over too often'],
    );
    return rows[0];
  }

  /** Puts right what a crash between two statements has left: nobody was told of these. */
  async tidy(): Promise<void> {
    const noRun = (run: string): string => `NOT EXISTS (
      SELECT FROM ${this.#engine}.workflow_status w WHERE w.workflow_uuid = ${run})`;
    await this.#pool.query(
      `DELETE FROM ${this.#own}.operation o WHERE status = 'running' AND calling IS NULL
         AND updated_at < clock_timestamp() - ${STARTING} AND ${noRun('o.id::text')}`,
    );
    await this.#pool.query(
      `UPDATE ${this.#own}.operation o SET status = 'stuck', run = run - 1
       WHERE status IN ('running', 'compensating') AND run > 1
         AND updated_at < clock_timestamp() - ${STARTING} AND ${noRun("o.id || '.' || o.run")}`,
    );
  }

  /** Operations that have been kept long enough, with how many runs each had. */
  async expired(): Promise<readonly { readonly id: string; readonly run: number }[]> {
    const { rows } = await this.#pool.query<{ readonly id: string; readonly run: number }>(
      `SELECT id, run FROM ${this.#own}.operation
       WHERE ended_at < clock_timestamp() - keep_ms * interval '1 ms' ORDER BY ended_at LIMIT $1`,
      [ROWS_AT_ONCE],
    );
    return rows;
  }

  async forget(ids: readonly string[]): Promise<void> {
    await this.#pool.query(`DELETE FROM ${this.#own}.operation WHERE id = ANY($1::uuid[])`, [ids]);
  }
}
