import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inParallel, report } from '../chaos/measure.ts';
import { size } from '../helpers/figures.ts';
import { load } from '../helpers/http-load.ts';
import { describePostgres, postgresForTest } from '../helpers/postgres.ts';
import { startUpstream } from '../helpers/upstream.ts';
import { startReloading } from '../reload/reloading.ts';
import { configOf, type Resource, routesOf, type Section, Shop } from './gateways.ts';
import { ORDER, startLedger } from './shop.ts';

/** A second each. */
const RELOADS = size('DEFINITION_RELOADS', 4, 60);
const RUNNING = size('DEFINITION_RUNNING', 20, 200);
/** Of a step. */
const STEP_MS = 1_000;

/** Of each version, other steps at other places; every second one ends in a failure. */
const stepsOf = (version: number): Section => {
  const undo = { upstream: 'shop', path: `/undo/${version}`, body: { of: '{key}' } };
  const step = (name: string, more: Section = { undo }) => [
    `${name}${version}`,
    { call: { upstream: 'shop', path: `/${name}/${version}` }, timeout: '20s', ...more },
  ];
  return Object.fromEntries([step('first'), step('second'), step('last', {})]);
};

describePostgres('definitions that change each second, under operations that run', () => {
  test('leave each to end by its own, and no request unanswered', async () => {
    const postgres = await postgresForTest();
    const ledger = await startLedger();
    ledger.fault = async ({ path }) => {
      await delay(STEP_MS);
      const [, name, version] = path.split('/');
      return name === 'last' && Number(version) % 2 === 1 ? 409 : undefined;
    };
    const plain = await startUpstream((_request, response) => void response.end('{}'));
    const config = (version: number): Section => ({
      plugins: { who: { module: resolve('test/operations/who.ts') } },
      ...configOf({ store: { postgres: postgres.url() }, url: ledger.url }),
      upstreams: {
        shop: {
          targets: [ledger.url],
          retry: false,
          breaker: false,
          timeout: '10s',
          bulkhead: { concurrency: 512 },
        },
        plain: { targets: [plain.url] },
      },
      sagas: { fulfilment: { steps: stepsOf(version), running: 2 * RUNNING } },
      routes: routesOf({ item: { match: { path: '/item' }, upstream: 'plain' } }),
    });
    const { url, change } = await startReloading(config(0));
    const shop = new Shop(url);
    await shop.untilOpen();

    const over = new AbortController();
    const forwarded = load([`${url}/item`], 4, () => over.signal.aborted);
    const ends: { readonly started: Resource; readonly ended: Resource }[] = [];
    const running = inParallel(RUNNING, RUNNING, async (i) => {
      await delay((i / RUNNING) * 3 * STEP_MS);
      while (!over.signal.aborted) {
        const answer = await shop.start(ORDER);
        // A store on a busy machine may take longer than anybody waits.
        if (answer.status === 503) continue;
        expect(answer.status).toBe(202);
        const started = (await answer.json()) as Resource;
        await delay(3 * STEP_MS);
        ends.push({ started, ended: await shop.ended(started.id, 'ada', 120_000) });
      }
    });
    for (let version = 1; version <= RELOADS; version++) {
      await delay(1_000);
      expect(await change(config(version))).toMatchObject({ result: 'applied' });
    }
    over.abort();
    const [asked] = await Promise.all([forwarded, running]);

    const dropped = asked.filter(({ status }) => status !== 200);
    report('definitions', {
      reloads: RELOADS,
      operations: ends.length,
      versions: new Set(ends.map(({ started }) => started.steps[0]?.name)).size,
      forwarded: asked.length,
      dropped: dropped.length,
    });
    expect(dropped).toEqual([]);
    for (const { started, ended } of ends) {
      const [first, second, last] = started.steps.map(({ name }) => name) as [
        string,
        string,
        string,
      ];
      const isOdd = Number(first.slice('first'.length)) % 2 === 1;
      const keys = ledger.keys.filter((key) => key.startsWith(started.id));
      expect({ status: ended.status, keys: keys.map((key) => key.slice(37)) }).toEqual(
        isOdd
          ? { status: 'failed', keys: [first, second, `${second}:undo`, `${first}:undo`] }
          : { status: 'completed', keys: [first, second, last] },
      );
    }
  }, 400_000);
});
