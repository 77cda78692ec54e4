import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from './support/gateway.ts';

async function administered(admin: object = {}) {
  const gateway = await startGateway({
    config: {
      admin: { port: 0, ...admin },
      upstreams: { up: {}, bare: { breaker: false } },
      routes: { all: forwardTo('/*') },
    },
    upstreams: { up: () => ({ body: 'ok' }), bare: () => ({}) },
  });
  const { adminUrl = '' } = gateway.gateway;
  const order = (
    body: unknown,
    { headers = {}, name = 'up' }: { headers?: Record<string, string>; name?: string } = {},
  ) =>
    fetch(`${adminUrl}/upstreams/${name}/circuit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { ...gateway, adminUrl, order };
}

/** `fetch` cannot set Host. */
function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': 'application/json' };
    httpRequest(url, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end('{"state":"open"}');
  });
}

describe('an operator may force a circuit', () => {
  test('open or closed, or hand it back', async () => {
    const { order, fetch, gateway, adminUrl } = await administered();
    expect(await (await order({ state: 'open' })).json()).toEqual({
      upstream: 'up',
      circuit: 'forced-open',
    });
    const shed = await fetch('/a');
    expect([shed.status, shed.headers.get('retry-after'), await codeOf(shed)]).toEqual([
      503,
      '30',
      'GW_CIRCUIT_OPEN',
    ]);
    expect(gateway.status().upstreams[0]?.circuit).toBe('forced-open');
    const metrics = await (await globalThis.fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).toContain('portico_circuit_state{upstream="up"} 3');
    await order({ state: 'closed' });
    expect((await fetch('/a')).status).toBe(200);
    expect(await (await order({ state: 'auto' })).json()).toMatchObject({ circuit: 'closed' });
  });

  test.each([{ state: 'ajar' }, {}, null, [], '"open"'])(
    'only with a known word, not %j',
    async (body) => {
      const { order } = await administered();
      const response = await order(body);
      expect([response.status, await response.json()]).toEqual([
        400,
        { error: 'send {"state": "open" | "closed" | "auto"}' },
      ]);
    },
  );

  test('only of an upstream that has one', async () => {
    const { order } = await administered();
    expect((await order({ state: 'open' }, { name: 'bare' })).status).toBe(404);
    expect((await order({ state: 'open' }, { name: 'nobody' })).status).toBe(404);
  });
});

describe('without a token, state is changed', () => {
  test('but not by a web page: with an Origin, or with the content type of a form', async () => {
    const { order, gateway } = await administered();
    const origin = await order({ state: 'open' }, { headers: { origin: 'http://127.0.0.1:9901' } });
    const form = await order('{"state":"open"}', { headers: { 'content-type': 'text/plain' } });
    expect([origin.status, form.status]).toEqual([403, 403]);
    expect(gateway.status().upstreams[0]?.circuit).toBe('closed');
  });

  test.each([
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost:9901', 200],
    ['[::1]', 200],
  ])('but not under a name that may have been rebound: Host %s is %i', async (host, status) => {
    const { adminUrl } = await administered();
    expect(await statusWithHost(`${adminUrl}/upstreams/up/circuit`, host)).toBe(status);
  });
});

describe('with a token, state is changed', () => {
  const TOKEN = 'a-token-of-the-operator';

  test.each([
    [`Bearer ${TOKEN}`, 200],
    [`bearer ${TOKEN}`, 200],
    [`Bearer ${TOKEN}x`, 401],
    ['Bearer ', 401],
    [`Basic ${TOKEN}`, 401],
  ])('by its bearers: %s is %i', async (authorization, status) => {
    const { order } = await administered({ token: TOKEN });
    expect((await order({ state: 'open' }, { headers: { authorization } })).status).toBe(status);
  });

  test('by nobody else, not even from this machine', async () => {
    const { order } = await administered({ token: TOKEN });
    expect((await order({ state: 'open' })).status).toBe(401);
  });

  test('while GET stays open', async () => {
    const { adminUrl } = await administered({ token: TOKEN });
    expect((await fetch(`${adminUrl}/status`)).status).toBe(200);
  });
});
