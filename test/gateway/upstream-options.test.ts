import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { codeOf, forwardTo, startGateway } from './support/gateway.ts';
import { startUpstream } from './support/upstream.ts';

const MS = 'x-request-deadline-ms';

describe('`propagateDeadline`', () => {
  const told: (string | undefined)[] = [];
  const up = async ({ headers, attempt }: UpstreamRequest) => {
    told.push(String(headers[MS]));
    if (attempt > 1) return { status: 200 };
    await sleep(300);
    return { status: 503 };
  };

  test('sends each attempt the time left, of its own limit or of the whole call', async () => {
    told.length = 0;
    const { fetch } = await startGateway({
      config: {
        upstreams: {
          up: {
            propagateDeadline: true,
            deadline: '3600ms',
            timeout: '3500ms',
            retry: { backoff: '1ms' },
          },
        },
        routes: { all: forwardTo('/*') },
      },
      upstreams: { up },
    });
    await fetch('/a', { headers: { [MS]: '999999' } });
    const [first, second] = told;
    expect(Number(first)).toBeLessThanOrEqual(3_500);
    expect(Number(first)).toBeGreaterThan(1_000);
    expect(Number(second)).toBeLessThanOrEqual(3_300);
  });

  test('is off by default, and clients cannot send the field', async () => {
    told.length = 0;
    const { fetch } = await startGateway({
      config: { upstreams: { up: { retry: false } }, routes: { all: forwardTo('/*') } },
      upstreams: { up },
    });
    await fetch('/a', { headers: { [MS]: '999999' } });
    expect(told).toEqual(['undefined']);
  });
});

describe('`bulkhead.share` of a route', () => {
  test('keeps slots free for the other routes, whatever this one does', async () => {
    const open: (() => void)[] = [];
    const url = await startUpstream(({ url: path }, response) => {
      if (path === '/fast') response.end();
      else open.push(() => response.end());
    });
    const { fetch, gateway } = await startGateway({
      config: {
        upstreams: { up: { targets: [url], bulkhead: { concurrency: 4, queue: 0 } } },
        routes: {
          slow: forwardTo('/slow', { bulkhead: { share: '50%' } }),
          fast: forwardTo('/fast'),
        },
      },
    });
    const used = () => gateway.status().upstreams[0]?.slots.used;
    const slow = [fetch('/slow'), fetch('/slow')];
    await expect.poll(used).toBe(2);
    const refused = await fetch('/slow');
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'GW_BULKHEAD_FULL']);
    expect((await fetch('/fast')).status).toBe(200);
    for (const finish of open) finish();
    await Promise.all(slow);
    await expect.poll(used).toBe(0);
    const again = fetch('/slow');
    await expect.poll(used).toBe(1);
    open.at(-1)?.();
    expect((await again).status).toBe(200);
  });
});

describe('`balance: { hash }`', () => {
  test('sends requests with the same key to one target, and those without a key to any', async () => {
    const names = ['a', 'b', 'c'];
    const targets = await Promise.all(
      names.map((name) => startUpstream((_request, response) => void response.end(name))),
    );
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets, balance: { hash: 'cookie:sid' } } },
        routes: {
          all: forwardTo('/all'),
          page: { match: { path: '/page' }, aggregate: { one: { upstream: 'up', path: '/x' } } },
        },
      },
    });
    const answerOf = async (sid?: string): Promise<string> =>
      (await fetch('/all', sid === undefined ? {} : { headers: { cookie: `sid=${sid}` } })).text();
    const of = async (sid?: string): Promise<Set<string>> =>
      new Set(await Promise.all(Array.from({ length: 20 }, () => answerOf(sid))));
    const homes = await Promise.all(['1', '2', '3', '4', '5', '6', '7', '8'].map(of));
    for (const home of homes) expect(home.size).toBe(1);
    expect(new Set(homes.flatMap((home) => [...home])).size).toBeGreaterThan(1);
    expect((await of()).size).toBeGreaterThan(1);
  });
});

describe('targets in metrics and status', () => {
  test('show one that is ejected, which gets no calls', async () => {
    const well = await startUpstream((_request, response) => void response.end());
    const ill = await startUpstream((_request, response) => void response.writeHead(500).end());
    const { fetch, gateway } = await startGateway({
      config: {
        admin: { port: 0 },
        upstreams: {
          up: {
            targets: [well, ill],
            balance: 'roundRobin',
            breaker: false,
            outlier: { consecutive: 2, eject: '1h' },
          },
        },
        routes: { all: forwardTo('/*') },
      },
    });
    const statuses = [];
    for (let i = 0; i < 8; i++) statuses.push((await fetch('/a')).status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 200, 500, 500]);
    expect(gateway.status().upstreams[0]).toMatchObject({
      panic: false,
      targets: [
        { origin: well, healthy: true, ejected: false },
        { origin: ill, healthy: true, ejected: true },
      ],
    });
    const metrics = await (await globalThis.fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toContain(`portico_target_healthy{upstream="up",target="${ill}"} 0`);
    expect(metrics).toContain(`portico_target_healthy{upstream="up",target="${well}"} 1`);
    expect(metrics).toContain('portico_upstream_panic{upstream="up"} 0');
  });
});
