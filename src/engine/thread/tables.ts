/** Our own tables, and how they come to be. The engine's records are the truth; these are for lists, locks and leases. */
import type { Pool } from 'pg';

/** Made in order; the number of them is the version. A new one is added at the end and never changed. */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (schema) => `
    CREATE TABLE ${schema}.operation (
      id uuid PRIMARY KEY,
      kind text NOT NULL,
      name text NOT NULL,
      version text NOT NULL,
      owner text NOT NULL,
      fingerprint text NOT NULL,
      steps text[] NOT NULL,
      one text,
      status text NOT NULL DEFAULT 'running',
      run integer NOT NULL DEFAULT 1,
      step text,
      calling text,
      committed boolean NOT NULL DEFAULT false,
      cancel boolean NOT NULL DEFAULT false,
      takeovers integer NOT NULL DEFAULT 0,
      reason text,
      keep_ms bigint NOT NULL,
      created_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
      updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      ended_at timestamptz
    );
    CREATE UNIQUE INDEX operation_one ON ${schema}.operation (name, one)
      WHERE one IS NOT NULL AND ended_at IS NULL;
    CREATE INDEX operation_newest ON ${schema}.operation (created_at DESC, id DESC);
    CREATE INDEX operation_owned ON ${schema}.operation (owner, created_at DESC, id DESC);
    CREATE INDEX operation_open ON ${schema}.operation (status) WHERE ended_at IS NULL;
    CREATE INDEX operation_ended ON ${schema}.operation (ended_at) WHERE ended_at IS NOT NULL;
    CREATE TABLE ${schema}.node (
      executor text PRIMARY KEY,
      node text NOT NULL,
      seen_at timestamptz NOT NULL
    );`,
  (schema) => `
    ALTER TABLE ${schema}.operation ADD COLUMN cancel_by text, ADD COLUMN cancel_reason text;`,
  (schema) => `
    CREATE TABLE ${schema}.record (
      key text PRIMARY KEY,
      version text NOT NULL,
      value text NOT NULL,
      leased_until timestamptz NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX record_expired ON ${schema}.record (expires_at);`,
];

/** Of all gateways that would migrate at once, one does. Any number, as long as nobody else has it. */
const LOCK = 7_263_410_025;

/**
 * Makes the tables, or checks that they are there.
 *
 * @throws {Error} that tells an operator what is missing
 */
export async function prepareTables(pool: Pool, schema: string, migrate: boolean): Promise<void> {
  const client = await pool.connect();
  try {
    if (!migrate) {
      const version = await versionIn(client, schema);
      if (version >= MIGRATIONS.length) return;
      throw new Error(
        `the schema "${schema}" has version ${version} and not ${MIGRATIONS.length}: let a gateway with store.migrate make it`,
      );
    }
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    try {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await client.query(
        `CREATE TABLE IF NOT EXISTS ${schema}.migration (version integer PRIMARY KEY)`,
      );
      for (let i = await versionIn(client, schema); i < MIGRATIONS.length; i++) {
        await client.query(
          `BEGIN; ${MIGRATIONS[i]!(schema)} INSERT INTO ${schema}.migration VALUES (${i + 1}); COMMIT`,
        );
      }
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    }
  } finally {
    client.release();
  }
}

async function versionIn(client: Pick<Pool, 'query'>, schema: string): Promise<number> {
  const found = await client.query<{ table: string | null }>(
    'SELECT to_regclass($1)::text AS table',
    [`${schema}.migration`],
  );
  if (found.rows[0]?.table == null) return 0;
  const { rows } = await client.query<{ version: number }>(
    `SELECT coalesce(max(version), 0)::int AS version FROM ${schema}.migration`,
  );
  return rows[0]?.version ?? 0;
}
