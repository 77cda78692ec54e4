/** Traces of what is not an ordinary exchange: other protocols, clients that leave, configs that change. */
import { describe, expect, test } from 'vitest';
import { defineBff, definePlugin, z } from '../../src/index.ts';
import type { Trace } from '../../src/observe/trace.ts';
import { open } from '../gateway/support/socket.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';
import { respond, startReloading } from '../reload/reloading.ts';
import { KEY, OTHER_KEY, signature, startTracing } from './tracing.ts';

const UP = { up: () => ({ body: 'ok' }) };
const CONFIG = { routes: { all: { match: { path: '/*' }, upstream: 'up' } } };

test('a request over HTTP/2 is traced, and explained', async () => {
  const { url, adminUrl } = await startTracing({
    config: { ...CONFIG, server: { tls: pair('server') } },
    upstreams: UP,
  });
  const session = await openH2(url);
  const { headers } = await fetchH2(session, {
    ':path': '/a?b',
    'portico-debug': signature('/a?b'),
  });
  const answer = await fetch(`${adminUrl}/trace/${String(headers['x-request-id'])}`);
  const { path, host, explain } = (await answer.json()) as Trace;
  expect(path).toBe('/a');
  expect(explain).toMatchObject({ request: { path: '/a', host }, route: { name: 'all' } });
});

test('an id that a trusted proxy gave is that of the trace, however long', async () => {
  const { fetch: ask, adminUrl } = await startTracing({
    config: { ...CONFIG, server: { trustedProxies: ['127.0.0.1'] } },
    upstreams: UP,
  });
  const id = `${'a.b-C_9'.repeat(18)}zz`;
  await ask('/a', { headers: { 'portico-debug': signature('/a'), 'x-request-id': id } });
  const answer = await fetch(`${adminUrl}/trace/${id}`);
  expect(await answer.json()).toMatchObject({ id, status: 200 });
});

test('a client that disconnects leaves a trace of it', async () => {
  const asked = Promise.withResolvers<string>();
  const { url, adminUrl } = await startTracing({
    config: CONFIG,
    upstreams: {
      up: ({ headers }) => {
        asked.resolve(String(headers['x-request-id']));
        return new Promise(() => {});
      },
    },
  });
  const socket = await open(url);
  const { host } = new URL(url);
  socket.write(`GET /a HTTP/1.1\r\nhost: ${host}\r\nportico-debug: ${signature('/a')}\r\n\r\n`);
  const id = await asked.promise;
  socket.destroy();
  const read = async (): Promise<Response> => fetch(`${adminUrl}/trace/${id}`);
  await expect.poll(async () => (await read()).status, { timeout: 5_000 }).toBe(200);
  expect(await (await read()).json()).toMatchObject({
    status: 499,
    code: 'GW_CLIENT_CLOSED',
    calls: [{ upstream: 'up', attempts: [{ target: 'http://up.invalid' }] }],
  });
});

describe('the field is seen', () => {
  const seen: unknown[] = [];
  const note = ({ headers }: { readonly headers: object }): void =>
    void seen.push('portico-debug' in headers);

  test('by no plugin', async () => {
    const spy = definePlugin({
      name: 'spy',
      settings: z.strictObject({}),
      options: z.strictObject({}),
      register: () => ({
        route: () => ({ phase: 'request', onRequest: async (request) => note(request) }),
      }),
    });
    const { signed } = await startTracing({ plugins: [spy], route: { spy: {} }, upstreams: UP });
    await signed('/');
    await signed('/', { key: OTHER_KEY });
    expect(seen.splice(0)).toEqual([false, false]);
  });

  test('by no BFF', async () => {
    const bff = defineBff({ upstreams: [] }, (app) => {
      const schema = { response: { 200: z.object({ ok: z.boolean() }) } };
      app.get('/a', { schema }, async (request) => {
        note(request);
        return { ok: true };
      });
    });
    const { signed } = await startTracing({ bff });
    await signed('/a');
    await signed('/a', { key: OTHER_KEY });
    expect(seen.splice(0)).toEqual([false, false]);
  });
});

test('a reload replaces keys, and keeps traces', async () => {
  const config = (...keys: readonly string[]) => ({
    admin: { port: 0, trace: { keys } },
    routes: { a: respond('/a') },
  });
  const { url, gateway, change } = await startReloading(config(KEY));
  const send = async (key: string): Promise<string> => {
    const response = await fetch(`${url}/a`, {
      headers: { 'portico-debug': signature('/a', { key }) },
    });
    await response.text();
    return response.headers.get('x-request-id')!;
  };
  const status = async (id: string): Promise<number> =>
    (await fetch(`${gateway.adminUrl}/trace/${id}`)).status;
  const first = await send(KEY);
  expect(await status(first)).toBe(200);

  await change(config(OTHER_KEY, KEY));
  expect(await status(await send(OTHER_KEY))).toBe(200);
  expect(await status(await send(KEY))).toBe(200);

  await change(config(OTHER_KEY));
  expect(await status(await send(KEY))).toBe(404);
  expect(await status(first)).toBe(200);

  await change({ ...config(), admin: { port: 0 } });
  expect(await status(await send(OTHER_KEY))).toBe(404);
});

test('a signature is good for one request though the config is reloaded', async () => {
  const config = { admin: { port: 0, trace: { keys: [KEY] } }, routes: { a: respond('/a') } };
  const { url, gateway, change } = await startReloading(config);
  const headers = { 'portico-debug': signature('/a') };
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`${url}/a`, { headers });
    await response.text();
    ids.push(response.headers.get('x-request-id')!);
    await change(config);
  }
  const codes = await Promise.all(ids.map((id) => fetch(`${gateway.adminUrl}/trace/${id}`)));
  expect(codes.map(({ status }) => status)).toEqual([200, 404]);
});
