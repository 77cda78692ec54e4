import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { RequestDetail, TryAnswer, TryOrder } from '../../src/admin/page-data.ts';
import { MOST_BODY_BYTES, TRY_MS } from '../../src/admin/try-request.ts';
import type { TestGatewayOptions } from '../../src/testing.ts';
import { manualClock } from '../helpers/clock.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { socketFile } from '../helpers/socket-file.ts';
import { pair } from '../listener/gateway.ts';
import { forwardTo } from '../gateway/support/gateway.ts';
import { administered, TOKEN } from './administered.ts';

const BEARER = { authorization: `Bearer ${TOKEN}` };

/** `answer` is what the upstream answers; what is logged is in `logged`. */
async function trying({ config, upstreams, ...more }: TestGatewayOptions = {}) {
  const lines: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) });
  const gateway = await administered({
    log,
    config: {
      admin: { token: TOKEN },
      upstreams: { up: { retry: false } },
      routes: { all: forwardTo('/*') },
      ...config,
    },
    upstreams: upstreams ?? { up: () => ({ body: 'hello' }) },
    ...more,
  });
  const attempt = (order: unknown, headers: Record<string, string> = BEARER): Promise<Response> =>
    gateway.ask('/try', { body: order, headers });
  const send = async (order: TryOrder): Promise<TryAnswer> =>
    (await (await attempt(order)).json()) as TryAnswer;
  return {
    ...gateway,
    attempt,
    send,
    logged: () => lines.filter((l) => l.includes('request tried')),
  };
}

describe('POST /try', () => {
  test('sends what was asked for through the gateway, and tells what a client gets', async () => {
    const { seen, send } = await trying();
    const answer = await send({
      method: 'PUT',
      path: '/a/b?c=d',
      headers: [
        ['x-one', '1'],
        ['Host', 'shop.example'],
      ],
      body: 'grüße',
    });
    expect(answer).toMatchObject({
      status: 200,
      body: 'hello',
      encoding: 'utf8',
      truncated: false,
    });
    expect(answer.headers.find(([name]) => name.toLowerCase() === 'via')).toBeDefined();
    expect(seen).toMatchObject([
      {
        method: 'PUT',
        path: '/a/b',
        query: '?c=d',
        headers: { 'x-one': '1', 'content-length': '7' },
      },
    ]);
    expect(seen[0]?.headers['x-forwarded-host']).toBe('shop.example');
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });

  test('gives the id under which its calls can be read', async () => {
    const { ask, send } = await trying();
    const { requestId } = await send({ path: '/a' });
    const response = await ask(`/requests/${requestId}`, { headers: BEARER });
    expect((await response.json()) as RequestDetail).toMatchObject({ path: '/a', status: 200 });
  });

  test('is logged with address and reason, without query, fields and body', async () => {
    const { logged, send } = await trying();
    const headers = [['authorization', 'Bearer zz-secret']] as const;
    await send({ path: '/a?k=zz-secret', headers, body: 'zz-secret', reason: 'is it up?' });
    expect(logged()).toHaveLength(1);
    expect(JSON.parse(logged()[0]!)).toMatchObject({
      address: '127.0.0.1',
      reason: 'is it up?',
      path: '/a',
      status: 200,
    });
    expect(logged()[0]).not.toContain('zz-secret');
  });

  test('follows no redirect', async () => {
    const { send, seen } = await trying({
      upstreams: { up: () => ({ status: 302, headers: { location: '/next' } }) },
    });
    expect((await send({ path: '/' })).status).toBe(302);
    expect(seen).toHaveLength(1);
  });

  test('tells the first 64 KiB of a body, and says that there is more', async () => {
    const { send } = await trying({ upstreams: { up: () => ({ body: 'ü'.repeat(50_000) }) } });
    const { body, encoding, truncated } = await send({ path: '/' });
    expect([encoding, truncated]).toEqual(['utf8', true]);
    expect(Buffer.byteLength(body)).toBe(MOST_BODY_BYTES);
  });

  test('tells bytes that are no text in base64', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0, 1]);
    const { send } = await trying({ upstreams: { up: () => ({ body: bytes }) } });
    expect(await send({ path: '/' })).toMatchObject({
      body: bytes.toString('base64'),
      encoding: 'base64',
    });
  });

  test('reaches a port with TLS, under the name of Host', async () => {
    const { send } = await trying({
      config: { server: { tls: { certificates: [pair('server')] } } },
    });
    expect(await send({ path: '/', headers: [['host', 'localhost']] })).toMatchObject({
      status: 200,
      body: 'hello',
    });
  });

  test('reaches each listener by its name, and the first one on a network without', async () => {
    const { send, seen } = await trying({
      config: {
        server: {
          listeners: { local: { socket: socketFile() }, public: { host: '127.0.0.1', port: 0 } },
        },
      },
    });
    for (const order of [{}, { listener: 'public' }, { listener: 'local' }]) {
      expect(await send({ path: '/', ...order })).toMatchObject({ status: 200, body: 'hello' });
    }
    const hosts = seen.map(({ headers }) => String(headers['x-forwarded-host']));
    expect([hosts[0] === hosts[1], hosts[2]]).toEqual([true, 'localhost']);
    const none: unknown = await send({ path: '/', listener: 'nobody' });
    expect(none).toEqual({ error: 'there is no such listener (known: local, public)' });
  });

  test('gives up after its time where no answer comes, and is free for others', async () => {
    const clock = manualClock();
    const asked = Promise.withResolvers<void>();
    const never = (): Promise<never> => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const { attempt } = await trying({
      clock,
      upstreams: { up: never },
      config: { upstreams: { up: { timeout: '1m', deadline: '2m', retry: false } } },
    });
    const response = attempt({ path: '/' });
    await asked.promise;
    clock.advance(TRY_MS);
    expect((await response).status).toBe(502);
  });

  test('cuts a body that does not end, and tells what has come', async () => {
    const clock = manualClock();
    const target = await startUpstream((_request, response) => void response.write('data: 1\n\n'));
    const { attempt, ask } = await trying({
      clock,
      upstreams: {},
      config: { upstreams: { up: { targets: [target], retry: false } } },
    });
    const response = attempt({ path: '/' });
    const metrics = async () => (await ask('/metrics')).text();
    await expect.poll(metrics).toMatch(/portico_upstream_requests_total\{.*status="200"\} 1/);
    // From there the head has only loopback before it.
    await sleep(100);
    clock.advance(TRY_MS);
    expect(await (await response).json()).toMatchObject({
      status: 200,
      body: 'data: 1\n\n',
      truncated: true,
      ms: TRY_MS,
    });
  });
});

describe('POST /try is refused', () => {
  test('while no token is set, even on this machine', async () => {
    const { attempt, seen } = await trying({ config: { admin: {} } });
    const response = await attempt({ path: '/' }, {});
    expect([response.status, seen.length]).toEqual([403, 0]);
    expect(await response.text()).toContain('set admin.token');
  });

  test('without the token', async () => {
    const { attempt, seen } = await trying();
    expect([(await attempt({ path: '/' }, {})).status, seen.length]).toEqual([401, 0]);
  });

  test('for what is no request, with the reason', async () => {
    const { attempt, seen, logged } = await trying();
    const response = await attempt({ path: '/', method: 'CONNECT' });
    expect([response.status, seen.length, logged().length]).toEqual([400, 0, 0]);
    expect(await response.json()).toEqual({ error: 'CONNECT cannot be tried' });
  });

  test('while four are under way', async () => {
    const waiting = Promise.withResolvers<void>();
    let asked = 0;
    const { attempt } = await trying({
      upstreams: {
        up: async () => {
          asked += 1;
          await waiting.promise;
          return {};
        },
      },
    });
    const four = Array.from({ length: 4 }, () => attempt({ path: '/' }));
    await expect.poll(() => asked).toBe(4);
    expect((await attempt({ path: '/' })).status).toBe(503);
    waiting.resolve();
    for (const each of four) expect((await each).status).toBe(200);
    expect((await attempt({ path: '/' })).status).toBe(200);
  });
});
