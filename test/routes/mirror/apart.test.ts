/** A mirror takes nothing away from clients, whatever it does. */
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { startRecorder, startUpstream } from '../../gateway/support/upstream.ts';
import { recordingLog } from '../../plugins/recording-log.ts';
import { startReloading } from '../../reload/reloading.ts';
import { differencesOf, gate, startMirrored, statusOf, untilMirror } from './support.ts';

const never = () => new Promise<never>(() => {});

describe('a mirror that hangs', () => {
  test('holds its slots alone: clients are answered, further copies dropped, bodies given back', async () => {
    const hanging = await startUpstream(() => undefined);
    const primary = await startRecorder();
    const gateway = await startMirrored({
      mirror: { unsafe: true, concurrency: 3, compare: true },
      config: { upstreams: { old: { targets: [primary.url] }, next: { targets: [hanging] } } },
    });
    const rounds = 40;
    for (let i = 0; i < rounds; i++) {
      const sent = await gateway.fetch('/', { method: 'POST', body: 'x'.repeat(1_000) });
      expect(sent.status).toBe(200);
    }
    expect(primary.received).toHaveLength(rounds);
    expect(await statusOf(gateway)).toMatchObject({ open: 3, outcomes: { full: rounds - 3 } });
  });

  test('is given up after its own time, which counts as an answer that differs', async () => {
    const clock = manualClock();
    const asked = gate();
    const gateway = await startMirrored({
      clock,
      mirror: { timeout: '2s', compare: true },
      upstreams: {
        old: () => ({ body: 1 }),
        next: () => {
          asked.resolve();
          return never();
        },
      },
    });
    await gateway.fetch('/');
    await asked.promise;
    clock.advance(1_999);
    expect((await statusOf(gateway)).open).toBe(1);
    clock.advance(1);
    await untilMirror(gateway, ({ open, outcomes }) => open === 0 && outcomes['failed'] === 1);
    expect((await differencesOf(gateway))[0]!.mirror).toMatchObject({
      status: 'GW_DEADLINE_EXCEEDED',
      ms: 2_000,
    });
  });

  test('that never ends its answer is given up, too', async () => {
    const dripping = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('[');
    });
    const gateway = await startMirrored({
      mirror: { timeout: '150ms', compare: true },
      config: { upstreams: { old: { targets: [(await startRecorder()).url] }, next: { targets: [dripping] } } }, // prettier-ignore
    });
    await gateway.fetch('/');
    await untilMirror(gateway, ({ open, comparison }) => open === 0 && comparison!.different === 1);
  });
});

describe('the upstream of a mirror', () => {
  test('keeps its circuit, its targets and its slots for clients', async () => {
    const sick = await startUpstream((request, response) => {
      response.writeHead(request.headers['portico-mirror'] === undefined ? 200 : 503).end();
    });
    const gateway = await startGateway({
      config: {
        admin: { port: 0 },
        upstreams: {
          old: { targets: [(await startRecorder()).url] },
          next: {
            targets: [sick, sick.replace('127.0.0.1', 'localhost')],
            breaker: { consecutive: 2 },
            outlier: { consecutive: 2, maxEjected: '100%' },
            bulkhead: { concurrency: 1, queue: 0 },
          },
        },
        routes: {
          direct: { match: { path: '/next' }, upstream: 'next' },
          shop: { match: { path: '/*' }, upstream: 'old', mirror: { upstream: 'next' } },
        },
      },
    });
    for (let i = 0; i < 10; i++) await gateway.fetch('/');
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['answered'] === 10 && open === 0);
    const { upstreams } = gateway.gateway.status();
    const next = upstreams.find(({ name }) => name === 'next')!;
    expect(next.circuit).toBe('closed');
    expect(next.targets.map(({ ejected }) => ejected)).toEqual([false, false]);
    expect((await gateway.fetch('/next')).status).toBe(200);
  });

  test('is left alone while its circuit is open', async () => {
    const gateway = await startMirrored({
      config: { upstreams: { next: { breaker: { consecutive: 1, open: '1h' } } } },
      upstreams: { old: () => ({}), next: () => ({}) },
    });
    const order = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"state":"open"}' }; // prettier-ignore
    const ordered = await fetch(`${gateway.gateway.adminUrl}/upstreams/next/circuit`, order);
    expect(ordered.status).toBe(200);
    expect((await gateway.fetch('/')).status).toBe(200);
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['refused'] === 1 && open === 0);
  });
});

test('what mirrors have shown is for bearers of the admin token alone, if there is one', async () => {
  const token = 'a-token-of-operators';
  const { gateway } = await startMirrored({
    config: { admin: { port: 0, token } },
    upstreams: { old: () => ({}), next: () => ({}) },
  });
  for (const path of ['/mirrors', '/mirrors/shop', '/mirrors/nobody']) {
    expect((await fetch(gateway.adminUrl + path)).status).toBe(401);
    const allowed = await fetch(gateway.adminUrl + path, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(allowed.status).toBe(path === '/mirrors/nobody' ? 404 : 200);
    expect(allowed.headers.get('cache-control')).toBe('no-store');
  }
});

describe('the end of the gateway', () => {
  test('does not wait for mirrors', async () => {
    const hanging = await startUpstream(() => undefined);
    const { log, lines } = recordingLog();
    const gateway = await startMirrored({
      log,
      mirror: { timeout: '5m' },
      config: {
        upstreams: {
          old: { targets: [(await startRecorder()).url] },
          next: { targets: [hanging] },
        },
      },
    });
    await gateway.fetch('/');
    await untilMirror(gateway, ({ open }) => open === 1);
    await gateway.close();
    // It says so if a connection is still open after a second.
    expect(lines().at(-1)).toMatchObject({ msg: 'stopped' });
  });
});

describe('a reload', () => {
  const config = async (mirror: object, next: string) => ({
    upstreams: { old: { targets: [(await startRecorder()).url] }, next: { targets: [next] } },
    routes: { shop: { match: { path: '/*' }, upstream: 'old', mirror } },
  });

  test('lets mirrors go on, and keeps what was found unless the rules change', async () => {
    const answer = gate();
    const next = await startUpstream((_request, response) => {
      void answer.promise.then(() => response.end('[1]'));
    });
    const before = await config({ upstream: 'next', compare: true }, next);
    const world = await startReloading(before);
    const view = { gateway: world.gateway } as Parameters<typeof statusOf>[0];
    await world.status('/');
    await untilMirror(view, ({ open }) => open === 1);
    const kept = {
      ...before.routes.shop,
      mirror: { upstream: 'next', compare: true, percent: 50 },
    };
    expect((await world.change({ ...before, routes: { shop: kept } })).result).toBe('applied');
    answer.resolve();
    const { percent, comparison } = await untilMirror(view, ({ open }) => open === 0);
    expect(percent).toBe(50);
    expect(comparison!.compared).toBe(1);
    const other = { ...kept, mirror: { upstream: 'next', compare: { ignore: ['a'] } } };
    await world.change({ ...before, routes: { shop: other } });
    expect((await statusOf(view)).comparison!.compared).toBe(0);
  });

  test('forgets mirrors that are gone, and their metrics', async () => {
    const next = await startRecorder();
    const before = await config({ upstream: 'next', compare: true }, next.url);
    const world = await startReloading(before);
    await world.status('/');
    await expect.poll(world.metrics).toContain('upstream="next",side="mirror"');
    const { old } = before.upstreams;
    const { mirror: _mirror, ...shop } = before.routes.shop;
    await world.change({ upstreams: { old }, routes: { shop } });
    await expect.poll(world.metrics).not.toContain('upstream="next"');
  });
});
