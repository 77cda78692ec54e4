/** A trace holds what the gateway says of such a request, beside what really happened. */
import { describe, expect, test } from 'vitest';
import type { RequestExplanation } from '../../src/explain/explanation.ts';
import { definePlugin, z } from '../../src/index.ts';
import type { Trace } from '../../src/observe/trace.ts';
import { manualClock } from '../../src/testing.ts';
import { request } from '../gateway/support/socket.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { signature, startTracing } from './tracing.ts';

const SECRET = 'a secret of at least thirty-two characters';
const CONFIG = {
  plugins: {
    jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
  },
  routes: {
    beta: {
      match: { path: '/api/*', headers: { 'x-beta': 'yes' } },
      jwt: { issuer: 'own' },
      upstream: 'up',
    },
    api: { match: { path: '/api/*' }, jwt: { issuer: 'own' }, upstream: 'up' },
    limited: { match: { path: '/limited' }, rateLimit: { max: 2, window: '1h' }, respond: {} },
  },
};
const UP = { up: () => ({ body: 'ok' }) };
const token = (claims: object = {}): string =>
  hmacToken(SECRET, { iss: 'own', sub: 'ada', exp: now() + 60, ...claims });

const explainOf = ({ explain }: Trace): RequestExplanation => explain as RequestExplanation;

describe('the explanation in a trace', () => {
  test('has the candidates, and why each lost', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const authorization = `Bearer ${token()}`;
    const { matching, outcome, calls } = explainOf(
      await traced('/api/orders?a=b', { headers: { authorization } }),
    );
    expect(matching.candidates.map(({ route, outcome: each }) => [route, each])).toEqual([
      ['beta', 'fails'],
      ['api', 'wins'],
    ]);
    expect(outcome).toMatchObject({ kind: 'called' });
    expect(calls).toMatchObject([{ upstream: 'up', path: '/api/orders', query: '?a=…' }]);
  });

  test('is of this request: its header fields, its host, its token', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const headers = { authorization: `Bearer ${token({ sub: 'grace' })}`, 'x-beta': 'yes' };
    const trace = await traced('/api/orders', { headers });
    expect(trace).toMatchObject({ route: 'beta', consumer: 'grace' });
    expect(explainOf(trace)).toMatchObject({
      route: { name: 'beta' },
      consumer: { id: 'grace' },
      request: { host: trace.host, address: '127.0.0.1' },
    });
  });

  test('agrees with what happened where the gateway refuses', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const expired = { headers: { authorization: `Bearer ${token({ exp: now() - 600 })}` } };
    for (const [path, init] of [['/none'], ['/%zz'], ['/api/x'], ['/api/x', expired]] as const) {
      const { status, code, explain } = await traced(path, init);
      expect((explain as RequestExplanation).outcome).toMatchObject({ status, code });
    }
  });

  test('holds no token, and names the field of the signature nowhere', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const own = token();
    const text = JSON.stringify(
      await traced('/api/x?key=hunter2', {
        headers: { authorization: `Bearer ${own}`, cookie: 'sid=hunter2', 'x-own': 'hunter2' },
      }),
    );
    for (const secret of [own, 'hunter2', SECRET]) expect(text).not.toContain(secret);
    expect(text.toLowerCase()).not.toContain('portico-debug');
  });

  test('counts against no limit', async () => {
    const { traced, fetch } = await startTracing({ config: CONFIG, upstreams: UP });
    expect((await traced('/limited')).status).toBe(200);
    expect((await fetch('/limited')).status).toBe(200);
    expect((await fetch('/limited')).status).toBe(429);
  });

  test('is of the authority of an absolute target', async () => {
    const { url, adminUrl } = await startTracing({ config: CONFIG, upstreams: UP });
    const head = [
      'GET http://shop.example/api/x HTTP/1.1',
      'host: shop.example',
      `portico-debug: ${signature('/api/x')}`,
      'connection: close',
    ];
    const { headers } = await request(url, head);
    const answer = await fetch(`${adminUrl}/trace/${headers['x-request-id']}`);
    const trace = (await answer.json()) as Trace;
    expect(trace).toMatchObject({ host: 'shop.example', status: 401 });
    expect(explainOf(trace)).toMatchObject({ request: { host: 'shop.example', path: '/api/x' } });
  });

  test('is missing, with the reason, where the request has too many fields', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const many = Array.from({ length: 120 }, (_each, i) => [`x-${i}`, 'a']);
    const trace = await traced('/none', { headers: Object.fromEntries(many) });
    expect(trace).toMatchObject({ status: 404, notExplained: 'there are more than 100 headers' });
    expect(trace).not.toHaveProperty('explain');
  });

  test('is missing, with the reason, where a plugin does not say what it would do', async () => {
    const asked = Promise.withResolvers<void>();
    const silent = definePlugin({
      name: 'silent',
      settings: z.strictObject({}),
      options: z.strictObject({}),
      register: () => ({
        route: () => ({
          phase: 'request',
          onRequest: () => {},
          explain: () => {
            asked.resolve();
            return new Promise(() => {});
          },
        }),
      }),
    });
    const clock = manualClock();
    const options = { plugins: [silent], route: { silent: {} }, upstreams: UP, clock };
    const { signed, traceOf } = await startTracing(options);
    const response = await signed('/');
    await response.text();
    await asked.promise;
    clock.advance(10_000);
    expect(await (await traceOf(response)).json()).toMatchObject({
      status: 200,
      notExplained: 'a plugin did not answer within 10 s',
    });
  });

  test('of a request with a body does not wait for one', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const headers = { authorization: `Bearer ${token()}` };
    const trace = await traced('/api/x', { method: 'POST', body: 'hello', headers });
    expect(trace).toMatchObject({ method: 'POST', status: 200 });
    expect(explainOf(trace).outcome).toMatchObject({ kind: 'called' });
  });
});
