import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/upstream.ts';
import { gate, startMirrored, statusOf, untilMirror } from './support.ts';

const OLD = { old: () => ({ body: { price: 1 } }) };

describe('a mirror', () => {
  test('gets a copy of the request, marked with the route, and the client gets the answer of the primary', async () => {
    const gateway = await startMirrored({
      upstreams: { ...OLD, next: () => ({ body: { price: 2 } }) },
    });
    const response = await gateway.fetch('/books?page=2', { headers: { 'x-tenant': 'blue' } });
    expect(await response.json()).toEqual({ price: 1 });
    expect([...response.headers.keys()].filter((name) => name.includes('mirror'))).toEqual([]);
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['answered'] === 1 && open === 0);
    const [primary, copy] = gateway.seen;
    expect(primary!.headers).not.toHaveProperty('portico-mirror');
    expect(copy).toMatchObject({
      upstream: 'next',
      method: 'GET',
      path: '/books',
      query: '?page=2',
      headers: { 'portico-mirror': 'shop', 'x-tenant': 'blue', 'x-request-id': primary!.id },
    });
  });

  test('keeps nobody waiting: the answer comes while the mirror still thinks', async () => {
    const answer = gate();
    const gateway = await startMirrored({
      upstreams: { ...OLD, next: () => answer.promise.then(() => ({})) },
    });
    expect((await gateway.fetch('/')).status).toBe(200);
    expect((await statusOf(gateway)).open).toBe(1);
    answer.resolve();
    await untilMirror(gateway, ({ open }) => open === 0);
  });

  test('goes on when the client leaves', async () => {
    const [asked, answer, primary] = [gate(), gate(), gate()];
    const gateway = await startMirrored({
      upstreams: {
        old: () => primary.promise.then(() => ({})),
        next: () => {
          asked.resolve();
          return answer.promise.then(() => ({}));
        },
      },
    });
    const client = new AbortController();
    const left = gateway.fetch('/', { signal: client.signal }).catch(() => undefined);
    await asked.promise;
    client.abort();
    await left;
    await eventually(() => gateway.seen[0]!.signal.reason !== undefined);
    expect(gateway.seen[1]!.signal.reason).toBeUndefined();
    answer.resolve();
    await untilMirror(gateway, ({ outcomes }) => outcomes['answered'] === 1);
  });

  test('is asked once, whatever its upstream and the route say of retries', async () => {
    const retry = { attempts: 3, on: [503], backoff: '1ms' };
    const gateway = await startMirrored({
      route: { retry },
      config: { upstreams: { next: { retry } } },
      upstreams: { ...OLD, next: () => ({ status: 503 }) },
    });
    await gateway.fetch('/');
    await untilMirror(gateway, ({ open, outcomes }) => open === 0 && outcomes['answered'] === 1);
    expect(gateway.seen.filter(({ upstream }) => upstream === 'next')).toHaveLength(1);
  });

  test('gets the share of the requests that is drawn', async () => {
    const draws = [0.09, 0.1, 0.5, 0.05];
    const gateway = await startMirrored({
      mirror: { percent: 10 },
      random: () => draws.shift() ?? 0.99,
      upstreams: { ...OLD, next: () => ({}) },
    });
    for (const path of ['/1', '/2', '/3', '/4']) await gateway.fetch(path);
    await untilMirror(gateway, ({ outcomes }) => outcomes['answered'] === 2);
    const copied = gateway.seen.filter(({ upstream }) => upstream === 'next');
    expect(copied.map(({ path }) => path)).toEqual(['/1', '/4']);
  });

  test('is sent no more than its slots hold: further copies are dropped and counted', async () => {
    const answer = gate();
    const gateway = await startMirrored({
      mirror: { concurrency: 2 },
      upstreams: { ...OLD, next: () => answer.promise.then(() => ({})) },
    });
    for (let i = 0; i < 5; i++) expect((await gateway.fetch('/')).status).toBe(200);
    expect(await statusOf(gateway)).toMatchObject({ open: 2, outcomes: { full: 3 } });
    answer.resolve();
    await untilMirror(gateway, ({ open }) => open === 0);
    await gateway.fetch('/');
    await untilMirror(gateway, ({ outcomes }) => outcomes['answered'] === 3);
  });

  test('gets what may change something only if the route says so', async () => {
    const upstreams = { ...OLD, next: () => ({}) };
    const careful = await startMirrored({ upstreams });
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'GET']) {
      await careful.fetch('/', { method });
    }
    await untilMirror(careful, ({ outcomes }) => outcomes['answered'] === 3);
    const bold = await startMirrored({ upstreams, mirror: { unsafe: true } });
    await bold.fetch('/', { method: 'DELETE' });
    await untilMirror(bold, ({ outcomes }) => outcomes['answered'] === 1);
  });

  test('does not get event streams', async () => {
    const gateway = await startMirrored({ upstreams: { ...OLD, next: () => ({}) } });
    await gateway.fetch('/', { headers: { accept: 'text/event-stream' } });
    await gateway.fetch('/after');
    await untilMirror(gateway, ({ outcomes }) => outcomes['answered'] === 1);
    expect(gateway.seen.at(-1)).toMatchObject({ upstream: 'next', path: '/after' });
  });

  test('may be asked for another path', async () => {
    const gateway = await startMirrored({
      route: { match: { path: '/books/{id}' } },
      mirror: { rewrite: '/v2/items/{id}' },
      upstreams: { ...OLD, next: () => ({}) },
    });
    await gateway.fetch('/books/7');
    await untilMirror(gateway, ({ outcomes }) => outcomes['answered'] === 1);
    expect(gateway.seen.map(({ path }) => path)).toEqual(['/books/7', '/v2/items/7']);
  });

  test('is no reason to fail: neither is one that cannot be reached', async () => {
    const gateway = await startMirrored({
      config: { upstreams: { next: { targets: ['http://127.0.0.1:1'], breaker: false } } },
      upstreams: OLD,
    });
    expect((await gateway.fetch('/')).status).toBe(200);
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['failed'] === 1 && open === 0);
  });
});

test('a split has mirrors, too: each side is copied, but not to itself', async () => {
  const gateway = await startMirrored({
    route: {
      upstream: undefined,
      split: [{ upstream: 'old' }, { upstream: 'next', weight: 0, when: { headers: { x: 'y' } } }],
      mirror: [{ upstream: 'next' }, { upstream: 'third' }],
    },
    upstreams: { ...OLD, next: () => ({}), third: () => ({}) },
  });
  const asked = (): string[] => gateway.seen.map(({ upstream }) => upstream).toSorted();
  await gateway.fetch('/');
  await eventually(() => gateway.seen.length === 3);
  expect(asked()).toEqual(['next', 'old', 'third']);
  await gateway.fetch('/', { headers: { x: 'y' } });
  await eventually(() => gateway.seen.length === 5);
  expect(asked()).toEqual(['next', 'next', 'old', 'third', 'third']);
  const response = await fetch(`${gateway.gateway.adminUrl}/mirrors`);
  const { mirrors } = (await response.json()) as { mirrors: { upstream: string }[] };
  expect(mirrors.map(({ upstream }) => upstream)).toEqual(['next', 'third']);
});

test('no client can pretend that its request is a copy', async () => {
  const gateway = await startMirrored({ upstreams: { ...OLD, next: () => ({}) } });
  for (const name of ['Portico-Mirror', 'portico_mirror']) {
    await gateway.fetch('/', { method: 'POST', headers: { [name]: 'shop' } });
  }
  for (const { headers } of gateway.seen) expect(headers).not.toHaveProperty('portico-mirror');
});
