/** `request.upstreams.x.dispatcher`: libraries that are built on undici, in a BFF. */
import { request as ask } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { type Dispatcher, fetch } from 'undici';
import { defineBff, type UpstreamClient, z } from 'portico';
import { eventually, startUpstream } from '../helpers/upstream.ts';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';

const Item = z.object({ name: z.string() });
const Text = { schema: { response: { 200: z.string() } } };

/** What a library might keep. */
interface Kept {
  client?: UpstreamClient;
  dispatcher?: Dispatcher;
}

const shop = (kept: Kept = {}) =>
  defineBff({ upstreams: ['items'] }, (app) => {
    app.get('/item', { schema: { response: { 200: Item } } }, async ({ upstreams }) => {
      const { dispatcher } = upstreams.items;
      kept.client = upstreams.items;
      kept.dispatcher = dispatcher;
      expect(upstreams.items.dispatcher).toBe(dispatcher);
      const response = await fetch('http://items/1', { dispatcher });
      return (await response.json()) as z.input<typeof Item>;
    });

    app.get('/global', Text, async ({ upstreams: { items } }) => {
      const { dispatcher } = items;
      return (await globalThis.fetch('http://items/1', { dispatcher })).text();
    });

    app.get('/request', Text, async ({ upstreams: { items } }) => {
      const { body } = await items.dispatcher.request({ path: '/1', method: 'GET' });
      return body.text();
    });

    app.get('/stream', Text, (_request, reply) => {
      async function* rows({ dispatcher }: UpstreamClient): AsyncGenerator<string> {
        yield 'first ';
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield await (await fetch('http://items/1', { dispatcher })).text();
      }
      return reply.send(Readable.from(rows(reply.request.upstreams['items']!)));
    });

    app.get('/elsewhere', Text, async ({ upstreams: { items } }) => {
      const { dispatcher } = items;
      return (await fetch('http://elsewhere/1', { dispatcher })).text();
    });
  });

const named = () => ({ body: { name: 'Chair' } });
const started = (kept?: Kept) =>
  startGateway({ bff: shop(kept), config: { admin: { port: 0 } }, upstreams: { items: named } });

describe('a dispatcher in a BFF', () => {
  test.each(['/item', '/global', '/request'])('serves a library (%s)', async (path) => {
    const { fetch: get, seen } = await started();
    const response = await get(path, { headers: { 'x-request-id': 'no' } });
    expect([response.status, await response.json()]).toEqual([200, { name: 'Chair' }]);
    expect(seen).toMatchObject([
      { path: '/1', headers: { via: '1.1 portico', 'x-request-id': expect.any(String) } },
    ]);
  });

  test('is noted as a call of its request', async () => {
    const { fetch: get, gateway } = await started();
    await (await get('/item')).text();
    const metrics = await (await globalThis.fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/portico_upstream_requests_total\{upstream="items",.*status="200"\} 1/);
  });

  test('fails the request with what the gateway says, if nobody catches it', async () => {
    const { fetch: get } = await startGateway({
      bff: shop(),
      config: { upstreams: { items: { retry: false, deadline: '20ms' } } },
      upstreams: { items: () => new Promise<never>(() => undefined) },
    });
    const responses = await Promise.all(['/item', '/global', '/request'].map((path) => get(path)));
    expect(responses.map(({ status }) => status)).toEqual([504, 504, 504]);
    expect(await codeOf(responses[0]!)).toBe('GW_DEADLINE_EXCEEDED');
  });

  test('is a bug to call another site with', async () => {
    const { fetch: get, seen } = await startGateway({
      bff: shop(),
      upstreams: { items: named },
      log: pino({ level: 'silent' }),
    });
    const response = await get('/elsewhere');
    expect([response.status, await codeOf(response), seen]).toEqual([500, 'GW_INTERNAL', []]);
  });

  test('serves for as long as its request is being answered', async () => {
    const { fetch: get } = await started();
    expect(await (await get('/stream')).text()).toBe('first {"name":"Chair"}');
  });

  test('is refused once its request is over, and so are parts', async () => {
    const kept: Kept = {};
    const { fetch: get, seen } = await started(kept);
    await (await get('/item')).text();

    const { dispatcher, client } = kept;
    const late = [
      fetch('http://items/1', { dispatcher: dispatcher! }).catch((error: Error) => error.cause),
      dispatcher!.request({ path: '/1', method: 'GET' }).catch((error: unknown) => error),
      client!.get('/1').catch((error: unknown) => error),
    ];

    for (const error of await Promise.all(late)) {
      expect(error).toMatchObject({
        code: 'GW_REQUEST_OVER',
        message: 'its request is over: get upstreams and clients from the request they are for',
      });
    }
    expect(seen).toHaveLength(1);
  });

  test('ends its calls once the client has left', async () => {
    const upstream = await startUpstream(() => undefined);
    const { url } = await startGateway({
      bff: shop(),
      config: { upstreams: { items: { targets: [upstream.url] } } },
    });
    const sent = ask(`${url}/item`).end();
    sent.on('error', () => undefined);
    await eventually(() => upstream.hits === 1);
    sent.destroy();
    await eventually(() => upstream.open === 0, 1_000);
  });
});
