/** The connections to the store: to a Postgres, or to one that runs in this thread. */
import { join } from 'node:path';
import { Pool, type PoolConfig } from 'pg';
import type { StoreConfig } from '../../config/build/store-config.ts';

export interface Connections {
  readonly pool: Pool;
  close(): Promise<void>;
}

/** The name that clients of Postgres look for in a folder. */
const SOCKET = '.s.PGSQL.5432';

export async function connect(
  { place, connections, timeoutMs }: StoreConfig,
  socketFolder: string,
  onTrouble: (error: Error) => void,
): Promise<Connections> {
  const open = (config: PoolConfig): Pool => {
    const pool = new Pool({
      ...config,
      keepAlive: true,
      connectionTimeoutMillis: Math.max(timeoutMs, 1_000),
    });
    // Of an idle connection that breaks; without a listener the thread would end.
    pool.on('error', onTrouble);
    pool.on('connect', (client) => client.on('error', onTrouble));
    return pool;
  };
  if (place.kind === 'postgres') {
    const pool = open({ connectionString: place.url, max: connections });
    return { pool, close: () => pool.end() };
  }
  // Here, because most gateways do without.
  const { PGlite } = await import('@electric-sql/pglite');
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket');
  const db = await PGlite.create(place.folder);
  const server = new PGLiteSocketServer({ db, path: join(socketFolder, SOCKET) });
  await server.start();
  // Transactions of several connections would run into each other: it is one session.
  const pool = open({
    host: socketFolder,
    user: 'postgres',
    database: 'postgres',
    max: 1,
    idleTimeoutMillis: 0,
  });
  return {
    pool,
    close: async () => {
      await pool.end();
      await server.stop();
      await db.close();
    },
  };
}
