import { describe, expect, test } from 'vitest';
import type { TestGatewayOptions } from '../../src/testing.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, receive } from '../gateway/support/socket.ts';
import { seeded } from '../helpers/seeded.ts';

type Options = Partial<TestGatewayOptions> & { readonly action?: object };

/** A gateway whose route `a` has `fault`; the upstream counts its calls. */
async function faulty(fault: object, { action, ...more }: Options = {}) {
  let calls = 0;
  const gateway = await startGateway({
    config: {
      server: { allowFaults: true },
      admin: { port: 0 },
      routes: {
        a:
          action === undefined
            ? forwardTo('/a', { fault })
            : { match: { path: '/a' }, fault, ...action },
        b: forwardTo('/b'),
      },
    },
    upstreams: {
      up: () => {
        calls += 1;
        return { body: { was: 'served' } };
      },
    },
    ...more,
  });
  const counted = async (kind: string): Promise<number> => {
    const text = await (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
    const line = new RegExp(`^portico_faults_total{route="a",kind="${kind}"} (\\d+)$`, 'm');
    return Number(line.exec(text)?.[1] ?? 0);
  };
  return { ...gateway, calls: () => calls, counted };
}

describe('an abort', () => {
  test.each([400, 429, 503, 599])('answers %i, marked, and calls nobody', async (status) => {
    const { fetch, calls, counted } = await faulty({ abort: { status } });
    const response = await fetch('/a');
    expect(response.status).toBe(status);
    expect(response.headers.get('gateway-fault')).toBe('abort');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: 'urn:portico:fault:abort',
      title: 'Injected fault',
      status,
      detail: expect.any(String) as unknown,
      instance: `urn:request:${response.headers.get('x-request-id')}`,
    });
    expect(calls()).toBe(0);
    expect(await counted('abort')).toBe(1);
  });

  test('may close the connection without an answer', async () => {
    const { url, calls, counted } = await faulty({ abort: { status: 'reset' } });
    const socket = await open(url);
    socket.write('GET /a HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await receive(socket)).toBe('');
    expect(calls()).toBe(0);
    expect(await counted('abort')).toBe(1);
  });

  test('is for the routes that say so, and no others', async () => {
    const { fetch } = await faulty({ abort: { status: 503 } });
    const response = await fetch('/b');
    expect([response.status, response.headers.get('gateway-fault')]).toEqual([200, null]);
  });

  test('comes after authentication', async () => {
    const { fetch } = await startGateway({
      config: {
        server: { allowFaults: true },
        plugins: {
          jwt: {
            issuers: { own: { issuer: 'own', secret: 's'.repeat(32), algorithms: ['HS256'] } },
          },
        },
        routes: {
          a: forwardTo('/a', { fault: { abort: { status: 503 } }, jwt: { issuer: 'own' } }),
        },
      },
      upstreams: { up: () => ({}) },
    });
    expect((await fetch('/a')).status).toBe(401);
  });
});

describe('a delay', () => {
  test.each([
    ['a forwarded answer', undefined],
    ['a fixed one', { respond: { body: 'served' } }],
    ['an aggregate', { aggregate: { part: { upstream: 'up', path: '/' } } }],
  ])('holds the request, then it goes on, marked: %s', async (_what, action) => {
    const { fetch, counted } = await faulty(
      { delay: { time: '60ms' } },
      action === undefined ? {} : { action },
    );
    const startedAt = performance.now();
    const response = await fetch('/a');
    expect(await response.text()).toContain('served');
    expect(performance.now() - startedAt).toBeGreaterThan(55);
    expect([response.status, response.headers.get('gateway-fault')]).toEqual([200, 'delay']);
    expect(await counted('delay')).toBe(1);
  });

  test('comes before the abort, where both happen', async () => {
    const { fetch, calls } = await faulty({ delay: { time: '60ms' }, abort: { status: 504 } });
    const startedAt = performance.now();
    const response = await fetch('/a');
    expect(performance.now() - startedAt).toBeGreaterThan(55);
    expect([response.status, response.headers.get('gateway-fault'), calls()]).toEqual([
      504,
      'delay, abort',
      0,
    ]);
  });

  test('holds a body back, which then comes whole', async () => {
    const { fetch } = await faulty({ delay: { time: '20ms' } });
    const response = await fetch('/a', { method: 'POST', body: 'x'.repeat(100_000) });
    expect(response.status).toBe(200);
  });

  test('ends when the client leaves: nobody is called', async () => {
    const { url, gateway, calls } = await faulty({ delay: { time: '1m' } });
    const socket = await open(url);
    socket.write('GET /a HTTP/1.1\r\nhost: a\r\n\r\n');
    await expect.poll(() => gateway.status().inflight).toBe(1);
    socket.destroy();
    await expect.poll(() => gateway.status().inflight).toBe(0);
    expect(calls()).toBe(0);
  });
});

describe('a share', () => {
  test('is that of the requests, for each kind by itself', async () => {
    const fault = {
      delay: { time: '1ms', percent: '30%' },
      abort: { status: 503, percent: '10%' },
    };
    const { fetch, counted } = await faulty(fault, { random: seeded(7) });
    for (let i = 0; i < 1_000; i++) await (await fetch('/a')).arrayBuffer();
    // Four standard deviations around 300 and 100.
    expect(Math.abs((await counted('delay')) - 300)).toBeLessThan(58);
    expect(Math.abs((await counted('abort')) - 100)).toBeLessThan(38);
  });

  test.each([
    ['0%', 0.0, 200],
    ['100%', 0.999_999, 503],
    ['50%', 0.499, 503],
    ['50%', 0.5, 200],
  ])('of %s with %d drawn answers %i', async (percent, drawn, status) => {
    const { fetch } = await faulty({ abort: { status: 503, percent } }, { random: () => drawn });
    expect((await fetch('/a')).status).toBe(status);
  });
});
