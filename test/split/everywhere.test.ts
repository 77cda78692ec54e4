/** A client gets the same side from every gateway with the same config, before and after reloads. */
import { expect, test } from 'vitest';
import { startUpstream } from '../gateway/support/upstream.ts';
import { startReloading, type Reloading } from '../reload/reloading.ts';

const USERS = Array.from({ length: 250 }, (_each, i) => `user-${i}`);

async function sidesBy({ url }: Reloading): Promise<readonly string[]> {
  const sides: string[] = [];
  // As many at once as have slots.
  for (let i = 0; i < USERS.length; i += 50) {
    const asked = USERS.slice(i, i + 50).map(async (user) => {
      const response = await fetch(`${url}/a`, { headers: { cookie: `sid=${user}` } });
      return response.text();
    });
    sides.push(...(await Promise.all(asked)));
  }
  return sides;
}

const named = (name: string) => startUpstream((_request, response) => void response.end(name));

test('10 % are among the 50 %, and the same 10 % come back, through two gateways and reloads', async () => {
  const upstreams = {
    old: { targets: [await named('old')] },
    new: { targets: [await named('new')] },
  };
  const config = (weight: number, more: object = {}) => ({
    upstreams,
    routes: {
      shop: {
        match: { path: '/*' },
        split: [{ upstream: 'old' }, { upstream: 'new', weight }],
        sticky: 'cookie:sid',
        ...more,
      },
    },
  });
  const [one, other] = [await startReloading(config(10)), await startReloading(config(10))];

  const ten = await sidesBy(one);
  expect(await sidesBy(other)).toEqual(ten);
  for (const gateway of [one, other]) {
    expect((await gateway.change(config(50))).changes).toEqual([
      expect.stringMatching(/^route shop: split\[1\]\.weight 10 → 50 \(/),
    ]);
  }
  const fifty = await sidesBy(one);
  expect(await sidesBy(other)).toEqual(fifty);
  expect(ten.filter((side, i) => side === 'new' && fifty[i] !== 'new')).toEqual([]);
  const count = (sides: readonly string[]) => sides.filter((side) => side === 'new').length;
  expect([count(ten), count(fifty)]).toEqual([23, 118]);

  await one.change(config(10, { timeout: '3s' }));
  expect(await sidesBy(one)).toEqual(ten);
  expect(await sidesBy(other)).toEqual(fifty);
});

test('a side that is out stays out through reloads, until it leaves the split', async () => {
  const upstreams = {
    old: { targets: [await named('old')] },
    new: {
      targets: [await startUpstream((_request, response) => void response.writeHead(500).end())],
      retry: false,
      breaker: false,
    },
  };
  const config = (split: readonly object[]) => ({
    upstreams,
    routes: { shop: { match: { path: '/*' }, split } },
  });
  const abort = { errors: '1%', minimum: 3 };
  const sides = [{ upstream: 'old' }, { upstream: 'new', weight: 100, abort }];
  const gateway = await startReloading(config(sides));
  const statusOf = () => gateway.status('/a');
  for (let i = 0; i < 2; i++) expect(await statusOf()).toBe(500);
  // The window is kept, too: the third failure is the last.
  await gateway.change({ ...config(sides), telemetry: { logs: { access: true } } });
  expect(await statusOf()).toBe(500);
  expect(await statusOf()).toBe(200);

  await gateway.change(config([sides[0]!, { ...sides[1]!, weight: 50, abort: { errors: '2%' } }]));
  for (let i = 0; i < 5; i++) expect(await statusOf()).toBe(200);
  expect(gateway.gateway.status().routes[0]!.sides![1]!.aborted).toBeDefined();
  expect(await gateway.metrics()).toContain('portico_split_aborted{route="shop",upstream="new"} 1');

  await gateway.change({
    upstreams,
    routes: { shop: { match: { path: '/*' }, upstream: 'old' } },
  });
  await expect.poll(gateway.metrics).not.toContain('portico_split_aborted{');
  await gateway.change(config(sides));
  expect(await statusOf()).toBe(500);
});
