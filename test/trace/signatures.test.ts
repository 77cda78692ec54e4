/** Who gets a trace: those with a key, once for each signature, and nobody else. */
import { describe, expect, test } from 'vitest';
import { signDebug } from '../../src/edge/debug-signature.ts';
import { startRecorder } from '../gateway/support/upstream.ts';
import { request } from '../gateway/support/socket.ts';
import { KEY, OTHER_KEY, signature, type Signing, startTracing } from './tracing.ts';

const CONFIG = { routes: { all: { match: { path: '/*' }, upstream: 'up' } } };
const UP = { up: () => ({ body: { ok: true } }) };

describe('a signature', () => {
  test('is good for each of the keys', async () => {
    const { traced } = await startTracing({
      admin: { trace: { keys: [KEY, OTHER_KEY] } },
      config: CONFIG,
      upstreams: UP,
    });
    for (const key of [KEY, OTHER_KEY])
      expect(await traced('/', { key })).toMatchObject({ status: 200 });
  });

  test('may cover a path with a query, and any method', async () => {
    const { traced } = await startTracing({ config: CONFIG, upstreams: UP });
    const trace = await traced('/a/b?c=d&e=%2F', { method: 'POST', body: 'x' });
    expect(trace).toMatchObject({ method: 'POST', path: '/a/b' });
  });

  test('covers what an absolute target asks for', async () => {
    const { url, adminUrl } = await startTracing({ config: CONFIG, upstreams: UP });
    const { host } = new URL(url);
    const field = `portico-debug: ${signature('/a?b')}`;
    const head = [`GET http://${host}/a?b HTTP/1.1`, `host: ${host}`, field, 'connection: close'];
    const { headers } = await request(url, head);
    expect((await fetch(`${adminUrl}/trace/${headers['x-request-id']}`)).status).toBe(200);
  });

  test.each<[string, Signing]>([
    ['by another key', { key: OTHER_KEY }],
    ['for another path', { target: '/admin' }],
    ['for another query', { target: '/?a=2' }],
    ['that has ended', { life: -1 }],
    ['that ends now', { life: 0 }],
    ['that ends in more than five minutes', { life: 302 }],
    ['with a short nonce', { nonce: 'short' }],
    ['with a nonce of other characters', { nonce: 'x'.repeat(20) + '\u00e9' }],
  ])('%s leaves no trace', async (_what, signing) => {
    const { signed, traceOf } = await startTracing({ config: CONFIG, upstreams: UP });
    const response = await signed('/?a=1', signing);
    expect(response.status).toBe(200);
    expect((await traceOf(response)).status).toBe(404);
  });

  test('for another method leaves no trace', async () => {
    const { fetch, traceOf } = await startTracing({ config: CONFIG, upstreams: UP });
    const field = signature('/', { method: 'GET' });
    const response = await fetch('/', { method: 'DELETE', headers: { 'portico-debug': field } });
    expect((await traceOf(response)).status).toBe(404);
  });

  test.each(['', 'v1', 'v1...', 'v2.1.2.3', 'x'.repeat(8_000)])(
    'of no known form leaves no trace: %.20s',
    async (field) => {
      const { fetch, traceOf } = await startTracing({ config: CONFIG, upstreams: UP });
      const response = await fetch('/', { headers: { 'portico-debug': field } });
      expect(response.status).toBe(200);
      expect((await traceOf(response)).status).toBe(404);
    },
  );

  test('leaves a trace once, however often it is sent', async () => {
    const { fetch, traceOf } = await startTracing({ config: CONFIG, upstreams: UP });
    const headers = { 'portico-debug': signature('/') };
    const first = await fetch('/', { headers });
    await first.text();
    expect((await traceOf(first)).status).toBe(200);
    for (let i = 0; i < 5; i++) {
      const again = await fetch('/', { headers });
      expect(again.status).toBe(200);
      expect((await traceOf(again)).status).toBe(404);
    }
    expect((await traceOf(first)).status).toBe(200);
  });

  test('sent twice in one request leaves no trace', async () => {
    const { url, adminUrl } = await startTracing({ config: CONFIG, upstreams: UP });
    const { host } = new URL(url);
    const fields = [1, 2].map(() => `portico-debug: ${signature('/')}`);
    const { headers } = await request(url, [
      'GET / HTTP/1.1',
      `host: ${host}`,
      'connection: close',
      ...fields,
    ]);
    expect((await fetch(`${adminUrl}/trace/${headers['x-request-id']}`)).status).toBe(404);
  });

  test('without keys in the config has no effect', async () => {
    const { signed, traceOf } = await startTracing({
      admin: { trace: undefined },
      config: CONFIG,
      upstreams: UP,
    });
    const answer = await traceOf(await signed('/'));
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('set admin.trace');
  });
});

describe('nobody but the operator sees a difference', () => {
  test('the field reaches no upstream, signed or not, traced or not', async () => {
    const { url, received } = await startRecorder();
    for (const trace of [{ keys: [KEY] }, undefined]) {
      const { signed } = await startTracing({
        admin: { trace },
        config: { ...CONFIG, upstreams: { up: { targets: [url] } } },
      });
      for (const key of [KEY, OTHER_KEY]) await signed('/', { key });
    }
    expect(received).toHaveLength(4);
    expect(received.map(({ headers }) => headers['portico-debug'])).toEqual(
      Array(4).fill(undefined),
    );
  });

  test('an answer is the same with a good signature, a wrong one and none', async () => {
    const { fetch, signed } = await startTracing({ config: CONFIG, upstreams: UP });
    const answers = [await fetch('/'), await signed('/'), await signed('/', { key: OTHER_KEY })];
    const seen = await Promise.all(
      answers.map(async (response) => {
        const headers = Object.fromEntries(response.headers);
        const { 'x-request-id': _id, date: _date, ...others } = headers;
        return { status: response.status, headers: others, body: await response.text() };
      }),
    );
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  test('no condition of a route sees the field', async () => {
    const { signed } = await startTracing({
      config: {
        routes: {
          hidden: {
            match: { path: '/', headers: { 'portico-debug': { present: true } } },
            respond: { status: 418 },
          },
          ...CONFIG.routes,
        },
      },
      upstreams: UP,
    });
    expect((await signed('/')).status).toBe(200);
  });

  test('a signature admits nobody', async () => {
    const { signed } = await startTracing({
      config: {
        plugins: { apiKey: { consumers: { own: { keys: ['a'.repeat(64)] } } } },
        routes: { all: { match: { path: '/*' }, apiKey: {}, upstream: 'up' } },
      },
      upstreams: UP,
    });
    expect((await signed('/')).status).toBe(401);
  });
});

test('the same signature is made by every implementation of it', () => {
  const expires = 1_764_538_000;
  const field = signDebug({
    key: KEY,
    method: 'GET',
    target: '/orders/7?x=1',
    expires,
    nonce: 'AAAAAAAAAAAAAAAA',
  });
  expect(field).toMatch(/^v1\.1764538000\.A{16}\.[\w-]{43}$/);
});
