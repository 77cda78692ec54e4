import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { UpstreamRequest } from '../../src/core/call.ts';
import { type ErrorCode, GatewayError } from '../../src/core/errors.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { closedOrigin, startUpstream } from '../gateway/support/upstream.ts';

const routes = (part: object = {}) => ({
  all: {
    match: { path: '/' },
    aggregate: {
      must: { upstream: 'must', path: '/', required: true, ...part },
      may: { upstream: 'may', path: '/' },
    },
  },
});
const may: FakeUpstream = () => ({ body: 1 });

describe('a required part that fails is the answer’s failure', () => {
  test.each<readonly [string, FakeUpstream, number, ErrorCode]>([
    ['404', () => ({ status: 404 }), 404, 'GW_ROUTE_NOT_FOUND'],
    ['401', () => ({ status: 401 }), 502, 'GW_UPSTREAM_INVALID'],
    ['429', () => ({ status: 429 }), 502, 'GW_UPSTREAM_INVALID'],
    ['301', () => ({ status: 301 }), 502, 'GW_UPSTREAM_INVALID'],
    ['500', () => ({ status: 500 }), 502, 'GW_UPSTREAM_INVALID'],
    ['503', () => ({ status: 503 }), 502, 'GW_UPSTREAM_INVALID'],
    ['no JSON', () => ({ body: 'x' }), 502, 'GW_UPSTREAM_INVALID'],
  ])('its %s', async (_what, must, status, code) => {
    const { fetch } = await startGateway({
      config: { upstreams: { must: { retry: false } }, routes: routes() },
      upstreams: { must, may },
    });

    const response = await fetch('/');

    expect(response.status).toBe(status);
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(await codeOf(response)).toBe(code);
  });

  test('refused is 502', async () => {
    const { fetch } = await startGateway({
      config: { upstreams: { must: { targets: [await closedOrigin()] } }, routes: routes() },
      upstreams: { may },
    });
    const response = await fetch('/');
    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_CONNECT']);
  });

  test('an open circuit is 503, with Retry-After', async () => {
    const { fetch } = await startGateway({
      config: {
        upstreams: { must: { breaker: { consecutive: 1, open: '5s' }, retry: false } },
        routes: routes(),
      },
      upstreams: { must: () => ({ status: 500 }), may },
    });
    await fetch('/');
    const response = await fetch('/');
    expect([response.status, await codeOf(response)]).toEqual([503, 'GW_CIRCUIT_OPEN']);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test.each([
    ['its timeout', { timeout: '50ms' }, {}, 'GW_UPSTREAM_TIMEOUT'],
    ['the upstream’s timeout', {}, { timeout: '50ms' }, 'GW_UPSTREAM_TIMEOUT'],
    ['the upstream’s deadline', {}, { deadline: '50ms' }, 'GW_DEADLINE_EXCEEDED'],
  ])('%s is 504', async (_what, part, upstream, code) => {
    const { fetch } = await startGateway({
      config: { upstreams: { must: { retry: false, ...upstream } }, routes: routes(part) },
      upstreams: { must: () => new Promise(() => {}), may },
    });
    const response = await fetch('/');
    expect([response.status, await codeOf(response)]).toEqual([504, code]);
  });

  test('a body that drips is 504 once the deadline has passed', async () => {
    const origin = await startUpstream((_request, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.once('close', () => clearInterval(drip));
    });
    const { fetch, gateway } = await startGateway({
      config: {
        upstreams: { must: { targets: [origin], deadline: '150ms' } },
        routes: routes(),
      },
      upstreams: { may },
    });
    const response = await fetch('/');
    expect(response.status).toBe(504);
    expect(gateway.status().upstreams.find(({ name }) => name === 'must')?.slots.used).toBe(0);
  });

  test('the route’s deadline replaces the upstream’s, for the body too', async () => {
    const origin = await startUpstream((_request, response) => {
      response.writeHead(200).write('1');
      setTimeout(() => response.end('2'), 150);
    });
    const { fetch } = await startGateway({
      config: {
        upstreams: { must: { targets: [origin], deadline: '50ms' } },
        routes: { all: { ...routes().all, deadline: '5s' } },
      },
      upstreams: { may },
    });
    expect(await (await fetch('/')).json()).toEqual({ must: 12, may: 1 });
  });

  test('cancels its siblings, which are not to blame', async () => {
    let ended = false;
    const { fetch, gateway } = await startGateway({
      config: { upstreams: { must: { retry: false } }, routes: routes() },
      upstreams: {
        must: async () => {
          await sleep(20);
          return { status: 500 };
        },
        may: (request: UpstreamRequest) => {
          request.signal.listen({ onCancel: () => (ended = true) });
          return new Promise(() => {});
        },
      },
    });

    const before = performance.now();
    const response = await fetch('/');

    expect(response.status).toBe(502);
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(ended).toBe(true);
    for (const { slots, circuit } of gateway.status().upstreams) {
      expect([slots.used, circuit]).toEqual([0, 'closed']);
    }
  });

  test('never passes on what the upstream says about itself', async () => {
    const { fetch } = await startGateway({
      config: { routes: routes() },
      upstreams: { must: () => ({ status: 400, body: { secret: 'sql' } }), may },
    });
    expect(await (await fetch('/')).text()).not.toMatch(/secret|sql/);
  });

  test('a gateway error keeps its fields and names the part', async () => {
    const { fetch } = await startGateway({
      config: { routes: routes() },
      upstreams: {
        must: () => {
          throw new GatewayError('GW_BULKHEAD_FULL', 'full', { retryAfterMs: 3_000 });
        },
        may,
      },
    });
    const response = await fetch('/');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
    expect(await response.json()).toMatchObject({ detail: 'must: full' });
  });
});
