/** The table of operations: every statement on it, but those about dead gateways (lives.ts). */
import type { Pool } from 'pg';
import type { StoreConfig } from '../../config/build/store-config.ts';
import {
  COUNTED_MS,
  type ListOrder,
  type Operation,
  type OperationCount,
  type OperationStatus,
  type Ordered,
  type StartOrder,
} from '../../operations/engine.ts';
import { runId } from '../../operations/ids.ts';

interface Row {
  readonly id: string;
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly version: string;
  readonly owner: string;
  readonly fingerprint: string;
  readonly steps: readonly string[];
  readonly status: OperationStatus;
  readonly run: number;
  readonly step: string | null;
  readonly calling: string | null;
  readonly reason: string | null;
  readonly committed: boolean;
  readonly cancel: boolean;
  readonly cancel_by: string | null;
  readonly cancel_reason: string | null;
  readonly created: number;
  readonly updated: number;
  readonly ended: number | null;
}

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
const COLUMNS = `id, kind, name, version, owner, fingerprint, steps, status, run, step, calling, reason,
  committed, cancel, cancel_by, cancel_reason, ${MS('created_at')} AS created, ${MS('updated_at')} AS updated, ${MS('ended_at')} AS ended`;

/** An operation, and what only a start needs to know of it. */
export interface Found {
  readonly operation: Operation;
  readonly fingerprint: string;
  /** Nothing has been recorded yet. */
  readonly isFresh: boolean;
}

/** What the engine is told when a call is to begin. */
export interface Begun {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** An engine that has died had begun this very call. */
  readonly isRepeated: boolean;
  /** Why it must not begin; `lost`: another engine has the run by now. */
  readonly halt: 'cancelled' | 'deadline' | 'timeout' | 'lost' | undefined;
  /** Of an operator. */
  readonly cancel?: Ordered;
}

export interface BeginOrder {
  readonly id: string;
  readonly run: number;
  readonly step: string;
  /** Names this call, of all calls of the operation. */
  readonly calling: string;
  /** Absent: neither a cancel nor a time ends it. */
  readonly bounds?: { readonly deadlineMs: number; readonly endsAt: number | undefined };
}

export interface ReopenOrder {
  readonly id: string;
  readonly run: number;
  readonly step: string;
  /** What it will be doing. */
  readonly status: 'running' | 'compensating';
}

/** Names are those of the configs of all gateways; more would be too many series. */
const MOST_COUNTS = 1_000;
const UNIQUE_VIOLATION = '23505';
const OPEN: ReadonlySet<OperationStatus | undefined> = new Set([
  'running',
  'compensating',
  'stuck',
] as const);

export interface OperationsOptions {
  readonly pool: Pool;
  readonly schemas: StoreConfig['schemas'];
  /** The engine that asks. */
  readonly executor: string;
}

export class Operations {
  readonly #pool: Pool;
  readonly #table: string;
  readonly #runs: string;
  readonly #executor: string;

  constructor({ pool, schemas, executor }: OperationsOptions) {
    this.#pool = pool;
    this.#table = `${schemas.own}.operation`;
    this.#runs = `${schemas.engine}.workflow_status`;
    this.#executor = executor;
  }

  /** @returns the new one, or the one that has its id, or `taken` if another has its `one` */
  async insert(order: StartOrder): Promise<(Found & { readonly isNew: boolean }) | 'taken'> {
    const { id, definition, version, fingerprint, owner, one, keepMs } = order;
    const { kind, name, steps } = definition;
    const names = steps.map((step) => step.name);
    try {
      const { rows } = await this.#pool.query<Row>(
        `INSERT INTO ${this.#table} (id, kind, name, version, owner, fingerprint, steps, one, keep_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`,
        [id, kind, name, version, owner, fingerprint, names, one ?? null, Math.round(keepMs)],
      );
      if (rows[0] !== undefined) return { ...foundIn(rows[0]), isNew: true };
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      const own = await this.find(id);
      return own === undefined ? 'taken' : { ...own, isNew: false };
    }
    const found = await this.find(id);
    // It has been swept away in between: the next one gets its place.
    return found === undefined ? this.insert(order) : { ...found, isNew: false };
  }

  async find(id: string): Promise<Found | undefined> {
    const sql = `SELECT ${COLUMNS} FROM ${this.#table} WHERE id = $1`;
    const { rows } = await this.#pool.query<Row>(sql, [id]);
    return rows[0] && foundIn(rows[0]);
  }

  async list({ owner, status, name, after, limit }: ListOrder): Promise<Operation[]> {
    // Said twice, because the index of open ones has few rows.
    const isOpen = OPEN.has(status) ? 'AND ended_at IS NULL' : '';
    const { rows } = await this.#pool.query<Row>(
      `SELECT ${COLUMNS} FROM ${this.#table}
       WHERE ($1::text IS NULL OR owner = $1) AND ($2::text IS NULL OR status = $2)
         AND ($3::text IS NULL OR name = $3) ${isOpen}
         AND ($4::float8 IS NULL OR (created_at, id) < (to_timestamp($4 / 1000), $5::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $6`,
      [
        owner ?? null,
        status ?? null,
        name ?? null,
        after?.createdAt ?? null,
        after?.id ?? null,
        limit,
      ],
    );
    return rows.map((row) => foundIn(row).operation);
  }

  async counts(): Promise<OperationCount[]> {
    const { rows } = await this.#pool.query<OperationCount>(
      `SELECT kind, name, status, count(*)::float8 AS count FROM ${this.#table}
       WHERE ended_at IS NULL OR ended_at > clock_timestamp() - $1::float8 * interval '1 ms'
       GROUP BY kind, name, status ORDER BY name, kind, status`,
      [COUNTED_MS],
    );
    return [...rows];
  }

  /** How many have not ended, of all gateways. */
  async openCounts(): Promise<readonly OperationCount[]> {
    const { rows } = await this.#pool.query<OperationCount>(
      `SELECT kind, name, status, count(*)::int AS count FROM ${this.#table}
       WHERE ended_at IS NULL GROUP BY kind, name, status ORDER BY count DESC LIMIT ${MOST_COUNTS}`,
    );
    return rows;
  }

  /** The first of several orders is kept. */
  async cancel(id: string, order: Ordered | undefined): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE ${this.#table} SET cancel = true, updated_at = clock_timestamp(),
         cancel_by = CASE WHEN cancel THEN cancel_by ELSE $2 END,
         cancel_reason = CASE WHEN cancel THEN cancel_reason ELSE $3 END
       WHERE id = $1 AND status = 'running' AND NOT committed`,
      [id, order?.by ?? null, order?.reason ?? null],
    );
    return rowCount === 1;
  }

  /**
   * Notes that a call begins, and tells what stood there; one statement, so that nothing comes in between. An engine that stood still
   * and has been replaced calls nothing any more: what it would do may have been undone.
   */
  async begin({ id, run, step, calling, bounds }: BeginOrder): Promise<Begun> {
    const { rows } = await this.#pool.query<{
      readonly now: number;
      readonly before: string | null;
      readonly halt: NonNullable<Begun['halt']> | null;
      readonly cancel_by: string | null;
      readonly cancel_reason: string | null;
    }>(
      `WITH seen AS (
         SELECT calling AS before, cancel_by, cancel_reason, clock_timestamp() AS at, CASE
           WHEN NOT EXISTS (SELECT FROM ${this.#runs} w
             WHERE w.workflow_uuid = $7 AND w.status = 'PENDING' AND w.executor_id = $8) THEN 'lost'
           WHEN NOT $4::boolean THEN NULL
           WHEN cancel THEN 'cancelled'
           WHEN clock_timestamp() > created_at + $5::float8 * interval '1 ms' THEN 'deadline'
           WHEN clock_timestamp() >= to_timestamp($6::float8 / 1000) THEN 'timeout'
         END AS halt FROM ${this.#table} WHERE id = $1 FOR UPDATE
       ), noted AS (
         UPDATE ${this.#table} SET
           step = $2,
           calling = CASE WHEN seen.halt IS NULL THEN $3 ELSE calling END,
           committed = NOT $4,
           takeovers = CASE WHEN calling = $3 THEN takeovers ELSE 0 END,
           updated_at = seen.at
         FROM seen WHERE id = $1 AND seen.halt IS DISTINCT FROM 'lost'
       )
       SELECT ${MS('at')} AS now, before, halt, cancel_by, cancel_reason FROM seen`,
      [
        id,
        step,
        calling,
        bounds !== undefined,
        bounds?.deadlineMs ?? 0,
        bounds?.endsAt ?? null,
        runId(id, run),
        this.#executor,
      ],
    );
    const [row] = rows;
    if (row === undefined) throw new Error(`the operation ${id} is not in the table`);
    const { now, before, halt } = row;
    return { now, isRepeated: before === calling, halt: halt ?? undefined, ...cancelIn(row) };
  }

  /** @returns the time; `undefined` if another engine has brought it to an end */
  async compensate(
    id: string,
    run: number,
    { step, reason }: { readonly step: string; readonly reason: string },
  ): Promise<number | undefined> {
    const { rows } = await this.#pool.query<{ readonly now: number }>(
      `UPDATE ${this.#table} SET status = 'compensating', step = $3, reason = $4,
         updated_at = clock_timestamp()
       WHERE id = $1 AND run = $2 AND status IN ('running', 'compensating')
       RETURNING ${MS('updated_at')} AS now`,
      [id, run, step, reason],
    );
    return rows[0]?.now;
  }

  /** @returns how long it took, in milliseconds */
  async end(
    id: string,
    run: number,
    { status, reason, step }: { status: OperationStatus; reason?: string; step?: string },
  ): Promise<number> {
    const { rows } = await this.#pool.query<{ readonly ms: number }>(
      `UPDATE ${this.#table} SET status = $3, reason = coalesce($4, reason), step = $5, calling = NULL,
         updated_at = clock_timestamp(), ended_at = CASE WHEN $3 = 'stuck' THEN NULL ELSE clock_timestamp() END
       WHERE id = $1 AND run = $2
       RETURNING ${MS('updated_at')} - ${MS('created_at')} AS ms`,
      [id, run, status, reason ?? null, step ?? null],
    );
    return rows[0]?.ms ?? 0;
  }

  /** The stuck operation runs again. @returns whether it was stuck at that step, in that run */
  async reopen({ id, run, step, status }: ReopenOrder): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE ${this.#table} SET status = $4, run = run + 1, takeovers = 0, updated_at = clock_timestamp()
       WHERE id = $1 AND run = $2 AND status = 'stuck' AND step = $3`,
      [id, run, step, status],
    );
    return rowCount === 1;
  }
}

function cancelIn({
  cancel_by: by,
  cancel_reason: reason,
}: Pick<Row, 'cancel_by' | 'cancel_reason'>): { readonly cancel?: Ordered } {
  return by === null || reason === null ? {} : { cancel: { by, reason } };
}

function foundIn(row: Row): Found {
  const { id, kind, name, version, owner, steps, status, run, step, reason } = row;
  return {
    operation: {
      id,
      kind,
      name,
      version,
      owner,
      status,
      run,
      steps,
      ...(step !== null && { step }),
      ...(reason !== null && { reason }),
      isCancelled: row.cancel,
      isCommitted: row.committed,
      ...cancelIn(row),
      createdAt: row.created,
      updatedAt: row.updated,
      ...(row.ended !== null && { endedAt: row.ended }),
    },
    fingerprint: row.fingerprint,
    isFresh: row.calling === null && row.status === 'running',
  };
}
