import { describe, expect, test } from 'vitest';
import { MOST_VIEWERS } from '../../src/admin/live.ts';
import type { Snapshot } from '../../src/admin/page-data.ts';
import { manualClock } from '../helpers/clock.ts';
import { open, receive } from '../gateway/support/socket.ts';
import { forwardTo } from '../gateway/support/gateway.ts';
import { administered, snapshots } from './administered.ts';

const CONFIG = {
  upstreams: { up: { breaker: { consecutive: 3, open: '5s' }, retry: false } },
  routes: {
    all: forwardTo('/api/*'),
    quiet: { match: { path: '/quiet' }, respond: { status: 204 } },
    limited: {
      match: { path: '/limited' },
      respond: { status: 204 },
      rateLimit: { max: 1, window: '1m', by: 'address' },
    },
  },
};

async function watched() {
  const clock = manualClock();
  const gateway = await administered({
    clock,
    config: CONFIG,
    upstreams: { up: ({ path }) => ({ status: Number(path.split('/')[2] ?? 200) }) },
  });
  return { clock, ...gateway };
}

describe('GET /events', () => {
  test('sends a snapshot at once, and the next each second, in the form of events', async () => {
    const { clock, adminUrl } = await watched();
    const { response, next } = await snapshots(adminUrl);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect((await next()).windowSeconds).toBe(0);
    clock.advance(1_000);
    expect(await next()).toMatchObject({
      windowSeconds: 1,
      routes: [],
      routeCount: 3,
      gateway: { generation: 1, ready: true, uptimeSeconds: 1, hasToken: false, keptRequests: 200 },
    });
  });

  test('has the rates of routes with requests, of all, and of upstreams', async () => {
    const { clock, adminUrl, fetch } = await watched();
    const { next } = await snapshots(adminUrl);
    await next();
    for (const path of ['/api/200', '/api/404', '/api/500', '/nowhere', '/limited', '/limited']) {
      await fetch(path);
    }
    clock.advance(1_000);
    const { routes, totals, upstreams, rateLimitedPerSecond, problems } = await next();
    expect(routes.map(({ name, requestsPerSecond }) => [name, requestsPerSecond])).toEqual([
      ['all', 3],
      ['limited', 2],
      ['unmatched', 1],
    ]);
    expect(routes[0]).toMatchObject({ errorsPerSecond: 1, refusalsPerSecond: 1 });
    expect(totals).toMatchObject({
      requestsPerSecond: 6,
      errorsPerSecond: 1,
      refusalsPerSecond: 3,
    });
    expect(totals.latency).toEqual({ p50Ms: 2.5, p95Ms: 4.75, p99Ms: 4.95 });
    expect(upstreams[0]).toMatchObject({
      name: 'up',
      traffic: { requestsPerSecond: 3, failuresPerSecond: 1 },
    });
    expect([rateLimitedPerSecond, problems.total]).toEqual([1, 3]);
  });

  test('shows within a second which circuit is open, why, and until when', async () => {
    const { clock, adminUrl, fetch } = await watched();
    const { next } = await snapshots(adminUrl);
    await next();
    for (let i = 0; i < 3; i++) await fetch('/api/503');
    clock.advance(1_000);
    const { at, upstreams } = await next();
    const { circuit, circuitWhy, circuitUntil = '' } = upstreams[0]!;
    expect([circuit, circuitWhy]).toEqual(['open', 'status 503']);
    const left = Date.parse(circuitUntil) - Date.parse(at);
    expect(left).toBeGreaterThan(3_900);
    expect(left).toBeLessThan(4_600);
  });

  test('costs no timer while nobody looks', async () => {
    const { clock, adminUrl } = await watched();
    const before = clock.pending;
    const { next, leave } = await snapshots(adminUrl);
    await next();
    await expect.poll(() => clock.pending).toBe(before + 1);
    leave();
    await expect.poll(() => clock.pending).toBe(before);
  });

  test('is refused to more than so many viewers, with 503', async () => {
    const { adminUrl, ask } = await watched();
    for (let i = 0; i < MOST_VIEWERS; i++) await snapshots(adminUrl);
    const refused = await ask('/events');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await ask('/overview')).status).toBe(503);
  });

  test('ends when the gateway stops', async () => {
    const { adminUrl, gateway } = await watched();
    const socket = await open(adminUrl);
    const got = receive(socket);
    socket.write('GET /events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await expect.poll(() => socket.bytesRead).toBeGreaterThan(500);
    await gateway.close();
    expect(await got).toMatch(/0\r\n\r\n$/);
  });
});

test('GET /overview is one snapshot with rates, after a second', async () => {
  const { clock, ask } = await watched();
  const before = clock.pending;
  const asked = ask('/overview');
  await expect.poll(() => clock.pending).toBe(before + 1);
  clock.advance(1_000);
  const response = await asked;
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(((await response.json()) as Snapshot).windowSeconds).toBe(1);
  await expect.poll(() => clock.pending).toBe(before);
});

test('GET /routes has every route of the config', async () => {
  const { read } = await watched();
  const { routes } = await read<{ routes: { name: string }[] }>('/routes');
  expect(routes.map(({ name }) => name)).toEqual(['all', 'quiet', 'limited']);
});
