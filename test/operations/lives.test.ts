import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Lives } from '../../src/engine/thread/lives.ts';
import { Operations } from '../../src/engine/thread/operations.ts';
import { operationId } from '../../src/operations/ids.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { engineOf, orderOf, until } from './dying.ts';
import { PATIENCE_MS } from './shared-shop.ts';

const LANE = 1;
const schemas = { own: `portico_${LANE}`, engine: `dbos_${LANE}` };
const HEARTBEAT_MS = 3_000;
const DEAD_MS = 15_000;

describePostgres('in the tables of several engines', () => {
  const postgres = ownPostgres();
  let pool: Pool;
  let now: number;
  let lives: Lives;
  const sql = async (text: string): Promise<readonly unknown[]> => (await pool.query(text)).rows;
  beforeAll(async () => {
    // It makes the tables.
    const engine = engineOf({
      url: postgres.url(),
      lane: LANE,
      perform: () => Promise.resolve({ outcome: 'done' }),
      onEvent: () => undefined,
    });
    await until(() => engine.isUp);
    await engine.close(0);
    pool = new Pool({ connectionString: postgres.url() });
  }, PATIENCE_MS);
  beforeEach(async () => {
    await sql(
      `TRUNCATE ${schemas.own}.operation, ${schemas.own}.node, ${schemas.engine}.workflow_status CASCADE`,
    );
    now = 1_000_000;
    const store = {
      place: { kind: 'postgres' as const, url: '' },
      migrate: true,
      timeoutMs: 1_000,
      connections: 1,
      heartbeatMs: HEARTBEAT_MS,
      deadMs: DEAD_MS,
      schemas,
    };
    lives = new Lives(pool, 'me', store, () => now);
    await lives.begin([]);
  });
  afterAll(async () => {
    await pool.end();
  });

  /** A run that `executor` has, and began `age` ago. */
  const running = async (name: string, executor: string, age = '0 s'): Promise<string> => {
    const id = operationId('route', 'ada', name);
    await sql(
      `INSERT INTO ${schemas.engine}.workflow_status (workflow_uuid, status, executor_id, updated_at)
       VALUES ('${id}', 'PENDING', '${executor}',
         (extract(epoch FROM clock_timestamp() - interval '${age}') * 1000)::bigint)`,
    );
    return id;
  };
  const seen = (executor: string, ago: string): Promise<unknown> =>
    sql(
      `INSERT INTO ${schemas.own}.node VALUES ('${executor}', '', clock_timestamp() - interval '${ago}')`,
    );
  const orphans = async (known: readonly string[] = []): Promise<readonly string[]> =>
    (await lives.orphans(known)).runs;
  /** Time in which this engine tells of itself, or cannot. */
  const pass = async (ms: number, tells = true): Promise<void> => {
    for (let left = ms; left > 0; left -= HEARTBEAT_MS) {
      now += Math.min(left, HEARTBEAT_MS);
      if (tells) await lives.beat();
    }
  };

  test('the work of an engine that is silent is an orphan; that of any other is not', async () => {
    await running('alive', 'alive');
    await seen('alive', '14 s');
    const orphan = await running('silent', 'silent');
    await seen('silent', '16 s');
    expect(await orphans()).toEqual([orphan]);
  });

  test('silence is believed only once a store that was away is back for two heartbeats', async () => {
    const orphan = await running('silent', 'silent');
    await seen('silent', '60 s');
    await pass(DEAD_MS, false);
    // It could not have heard anybody.
    expect(await orphans()).toEqual([]);
    await lives.beat();
    expect(await orphans()).toEqual([]);
    await pass(2 * HEARTBEAT_MS);
    expect(await orphans()).toEqual([orphan]);
  });

  test('an engine that has left leaves orphans at once', async () => {
    const orphan = await running('left', 'left');
    await pass(DEAD_MS, false);
    expect(await orphans()).toEqual([orphan]);
  });

  test('an own run of which the engine was never told is an orphan after a while', async () => {
    const [known, fresh, lost] = [
      await running('known', 'me', '1 h'),
      await running('fresh', 'me', '14 s'),
      await running('lost', 'me', '16 s'),
    ];
    expect(await orphans([known])).toEqual([lost]);
    expect(await orphans([known, lost])).toEqual([]);
    expect(fresh).not.toBe(lost);
  });

  describe('an engine that stood still, and has been replaced', () => {
    const bounds = { deadlineMs: 60_000, endsAt: undefined };
    const [mine, theirs] = ['me', 'other'].map(
      (executor) => () => new Operations({ pool, schemas, executor }),
    ) as [() => Operations, () => Operations];
    const begin = (id: string) => ({ id, run: 1, step: 'ship', calling: '1:ship#1', bounds });

    test('begins no further call', async () => {
      const id = await running('replaced', 'other');
      await theirs().insert(orderOf(id));
      expect(await mine().begin(begin(id))).toMatchObject({ halt: 'lost' });
      expect(await theirs().begin(begin(id))).toMatchObject({ halt: undefined, isRepeated: false });
      expect(await theirs().begin(begin(id))).toMatchObject({ halt: undefined, isRepeated: true });
    });

    test('cannot open again what has ended', async () => {
      const id = await running('ended', 'me');
      const operations = mine();
      await operations.insert(orderOf(id));
      const turn = { step: 'ship', reason: 'STATUS_409' };
      expect(await operations.compensate(id, 1, turn)).toBeGreaterThan(0);
      await operations.end(id, 1, { status: 'failed' });
      expect(await operations.compensate(id, 1, turn)).toBeUndefined();
      expect((await operations.find(id))?.operation).toMatchObject({ status: 'failed' });
    });
  });
});
