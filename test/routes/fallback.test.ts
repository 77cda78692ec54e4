import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startRecorder, startUpstream } from '../gateway/support/upstream.ts';

const RESPOND = { respond: { status: 203, headers: { 'x-own': 'yes' }, body: { items: [] } } };

/** A route to `up` with a fallback; `up` behaves as given. */
async function fallingBack(
  up: FakeUpstream,
  fallback: object,
  more: { other?: FakeUpstream; upstream?: object; route?: object } = {},
) {
  const seen: string[] = [];
  const gateway = await startGateway({
    config: {
      admin: { port: 0 },
      upstreams: { up: { retry: false, ...more.upstream }, other: { retry: false } },
      routes: { all: forwardTo('/*', { fallback, ...more.route }) },
    },
    upstreams: {
      up,
      other: (request) => {
        seen.push(`${request.method} ${request.path} ${String(request.headers['host'] ?? '')}`);
        return more.other?.(request) ?? { body: 'from the other' };
      },
    },
  });
  return { ...gateway, seen };
}

const fails =
  (code: 'GW_UPSTREAM_CONNECT' | 'GW_UPSTREAM_RESET' | 'GW_UPSTREAM_TIMEOUT'): FakeUpstream =>
  () => {
    throw new GatewayError(code, 'down');
  };

describe('a fallback with a configured answer', () => {
  test('answers when the upstream is unavailable, and says so', async () => {
    const { fetch } = await fallingBack(fails('GW_UPSTREAM_CONNECT'), RESPOND);
    const response = await fetch('/a');
    expect([response.status, response.headers.get('gateway-fallback')]).toEqual([
      203,
      'unavailable',
    ]);
    expect(response.headers.get('x-own')).toBe('yes');
    expect(response.headers.get('content-length')).toBe('12');
    expect(await response.json()).toEqual({ items: [] });
  });

  test.each([
    [fails('GW_UPSTREAM_TIMEOUT'), 'timeout'],
    [fails('GW_UPSTREAM_RESET'), 'unavailable'],
    [() => ({ status: 503 }), '5xx'],
    [() => ({ status: 500, body: 'x'.repeat(100_000) }), '5xx'],
  ] as const)('answers for each of its reasons (%#)', async (up, reason) => {
    const { fetch } = await fallingBack(up, RESPOND);
    const response = await fetch('/a', { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('gateway-fallback')]).toEqual([203, reason]);
  });

  test.each([200, 301, 404, 429])('leaves the status %i alone', async (status) => {
    const { fetch } = await fallingBack(() => ({ status, headers: { location: '/' } }), RESPOND);
    const response = await fetch('/a');
    expect([response.status, response.headers.get('gateway-fallback')]).toEqual([status, null]);
  });

  test('answers only for the reasons that it names', async () => {
    const only = { ...RESPOND, on: ['timeout'] };
    const unavailable = await fallingBack(fails('GW_UPSTREAM_CONNECT'), only);
    const refused = await unavailable.fetch('/a');
    expect([refused.status, await codeOf(refused)]).toEqual([502, 'GW_UPSTREAM_CONNECT']);
    const late = await fallingBack(fails('GW_UPSTREAM_TIMEOUT'), only);
    expect((await late.fetch('/a')).status).toBe(203);
  });

  test('answers when the circuit is open, and when the deadline has passed', async () => {
    const { fetch } = await fallingBack(() => new Promise(() => undefined), RESPOND, {
      upstream: { deadline: '60ms', breaker: { consecutive: 1, open: '1h' } },
    });
    expect((await fetch('/a')).headers.get('gateway-fallback')).toBe('timeout');
    expect((await fetch('/a')).headers.get('gateway-fallback')).toBe('unavailable');
  });

  test('comes after the retries', async () => {
    let tries = 0;
    const { fetch } = await fallingBack(
      () => {
        tries += 1;
        return { status: 503 };
      },
      RESPOND,
      { upstream: { retry: { attempts: 3, backoff: '1ms' } } },
    );
    expect((await fetch('/a')).status).toBe(203);
    expect(tries).toBe(3);
  });

  test('has no body for HEAD, nor if none is configured', async () => {
    const { fetch } = await fallingBack(fails('GW_UPSTREAM_CONNECT'), RESPOND);
    const head = await fetch('/a', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([203, '']);
    const empty = await fallingBack(fails('GW_UPSTREAM_CONNECT'), { respond: { status: 204 } });
    const response = await empty.fetch('/a');
    expect([response.status, response.headers.get('content-type')]).toEqual([204, null]);
  });

  test('is counted', async () => {
    const { fetch, gateway } = await fallingBack(fails('GW_UPSTREAM_CONNECT'), RESPOND);
    await fetch('/a');
    const metrics = await (await globalThis.fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toContain('portico_fallbacks_total{route="all",reason="unavailable"} 1');
  });

  test('does not wait for a failed answer that never ends', async () => {
    const up = await startUpstream((_request, response) => void response.writeHead(500).write('x'));
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [up], retry: false } },
        routes: { all: forwardTo('/*', { fallback: RESPOND }) },
      },
    });
    expect((await fetch('/a')).status).toBe(203);
  });

  test('answers if the upstream stops reading a body, and the connection ends', async () => {
    const up = await startUpstream((request) => void request.pause());
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [up], retry: false, idleTimeout: '100ms' } },
        routes: { all: forwardTo('/*', { fallback: RESPOND, limits: { body: '64MiB' } }) },
      },
    });
    const response = await fetch('/a', { method: 'POST', body: Buffer.alloc(33_554_432) });
    const { status, headers } = response;
    expect([status, headers.get('gateway-fallback'), headers.get('connection')]).toEqual([
      203,
      'timeout',
      'close',
    ]);
    expect(await response.json()).toEqual({ items: [] });
  });

  test('does nothing for a client that has left', async () => {
    let called: (value: unknown) => void = () => undefined;
    const isCalled = new Promise((resolve) => {
      called = resolve;
    });
    const { fetch, gateway } = await fallingBack(() => {
      called(undefined);
      return new Promise(() => undefined);
    }, RESPOND);
    const leaving = new AbortController();
    const answer = fetch('/a', { signal: leaving.signal });
    await isCalled;
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });
});

describe('a fallback to another upstream', () => {
  const OTHER = { upstream: 'other' };

  test('gets the same request, with its own Host and deadline', async () => {
    const { fetch, seen } = await fallingBack(() => new Promise(() => undefined), OTHER, {
      upstream: { deadline: '50ms', host: 'up.example' },
      route: { rewrite: '/v2/*' },
    });
    const response = await fetch('/a?b=1');
    expect([response.status, response.headers.get('gateway-fallback')]).toEqual([200, 'timeout']);
    expect(await response.text()).toBe('from the other');
    expect(seen).toEqual(['GET /v2/a ']);
  });

  test('gets the whole body if that was kept', async () => {
    const other = await startRecorder();
    const { fetch } = await startGateway({
      config: {
        upstreams: {
          up: { targets: ['http://127.0.0.1:1'], retry: false },
          other: { targets: [other.url] },
        },
        routes: { all: forwardTo('/*', { fallback: OTHER }) },
      },
    });
    const response = await fetch('/a', { method: 'POST', body: 'all of it' });
    expect(response.headers.get('gateway-fallback')).toBe('unavailable');
    expect(other.received.map(({ body }) => body.toString())).toEqual(['all of it']);
  });

  test('never gets a POST that the first upstream may have processed', async () => {
    const { fetch, seen } = await fallingBack(fails('GW_UPSTREAM_RESET'), OTHER);
    const response = await fetch('/a', { method: 'POST' });
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_RESET']);
    expect(seen).toEqual([]);
    expect((await fetch('/a', { method: 'PUT' })).status).toBe(200);
  });

  test('that fails too answers with its own failure', async () => {
    const { fetch } = await fallingBack(fails('GW_UPSTREAM_CONNECT'), OTHER, {
      other: fails('GW_UPSTREAM_TIMEOUT'),
    });
    const response = await fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([504, 'GW_UPSTREAM_TIMEOUT']);
  });

  test('gives its slot back', async () => {
    const { fetch, gateway } = await fallingBack(fails('GW_UPSTREAM_CONNECT'), OTHER);
    await (await fetch('/a')).text();
    const used = () => gateway.status().upstreams.map(({ slots }) => slots.used);
    await expect.poll(used).toEqual([0, 0]);
  });
});
