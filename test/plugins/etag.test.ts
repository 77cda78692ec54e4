import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { defineBff, z } from '../../src/index.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { ask, gatewayTo, textOf } from './compress/support.ts';

type Fields = Readonly<Record<string, string>>;

const serving =
  (text: string, fields: Fields = {}, status = 200) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'text/plain', ...fields }).end(text);
  };

const ETAG = { etag: {} };
const knowing = (tag: string, more: object = {}) => ({
  headers: { 'if-none-match': tag, ...more },
});

describe('etag', () => {
  test('gives equal bodies equal tags, and others others', async () => {
    let text = textOf(100_000);
    const gateway = await gatewayTo((request, response) => serving(text)(request, response), ETAG);
    const tag = async () => (await ask(`${gateway.url}/`)).headers.etag;
    const first = await tag();
    expect(first).toMatch(/^W\/"[\w-]{22}"$/);
    expect(await tag()).toBe(first);
    text = `${text.slice(0, -1)}!`;
    expect(await tag()).not.toBe(first);
  });

  test('says 304 to a client that has the answer, with what a cache needs and without content', async () => {
    const fields = { 'cache-control': 'max-age=5', 'set-cookie': 'a=1', 'content-language': 'en' };
    const gateway = await gatewayTo(serving('text', fields), ETAG);
    const { headers: had } = await ask(`${gateway.url}/`);
    const { status, headers, bytes } = await ask(
      `${gateway.url}/`,
      knowing(`"other", ${had.etag}`),
    );
    expect([status, bytes.length]).toEqual([304, 0]);
    expect(headers).toMatchObject({
      etag: had.etag,
      'cache-control': 'max-age=5',
      'set-cookie': ['a=1'],
    });
    for (const name of [
      'content-type',
      'content-length',
      'content-language',
      'transfer-encoding',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test.each([
    ['for a star', () => '*', 304],
    [
      'for a tag that is strong, because the comparison is weak',
      (tag: string) => tag.slice(2),
      304,
    ],
    ['not for another', () => 'W/"x"', 200],
    ['not for what is no list of tags', (tag: string) => tag.replaceAll('"', ''), 200],
  ])('does so %s', async (_what, known, status) => {
    const gateway = await gatewayTo(serving('text'), ETAG);
    const { headers } = await ask(`${gateway.url}/`);
    expect((await ask(`${gateway.url}/`, knowing(known(headers.etag!)))).status).toBe(status);
  });

  test('keeps the tag of the upstream, and says 304 if that does not', async () => {
    const gateway = await gatewayTo(serving('text', { etag: '"v1"' }), ETAG);
    expect((await ask(`${gateway.url}/`)).headers.etag).toBe('"v1"');
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await ask(`${gateway.url}/`, { method, ...knowing('"v1"') });
      expect([method, status, headers.etag]).toEqual([method, 304, '"v1"']);
    }
    expect((await ask(`${gateway.url}/`, knowing('"v2"'))).text).toBe('text');
  });

  test.each([
    ['no-store', serving('text', { 'cache-control': 'private, No-Store' }), {}],
    ['an event stream', serving('data: 1\n\n', { 'content-type': 'text/event-stream' }), {}],
    ['a part', serving('text', { 'content-range': 'bytes 0-3/9' }, 206), {}],
    ['an error', serving('text', {}, 404), {}],
    ['the answer to a POST', serving('text'), { method: 'POST' }],
    ['HEAD, which has no body to make one of', serving('text'), { method: 'HEAD' }],
    [
      'what is announced as longer than maxBody',
      serving('x'.repeat(1_001), { 'content-length': '1001' }),
      {},
    ],
    ['what turns out to be longer than maxBody', serving('x'.repeat(1_001)), {}],
  ])('gives none to %s', async (_what, listener, asked) => {
    const gateway = await gatewayTo(listener, { etag: { maxBody: '1000B' } });
    const { headers } = await ask(`${gateway.url}/`, { ...knowing('*'), ...asked });
    expect(headers).not.toHaveProperty('etag');
  });

  test('gives one to an answer of exactly maxBody', async () => {
    const gateway = await gatewayTo(serving('x'.repeat(1_000)), { etag: { maxBody: '1000B' } });
    expect((await ask(`${gateway.url}/`)).headers).toHaveProperty('etag');
  });

  test('passes an answer without a tag that has not come within maxWait', async () => {
    const open: ServerResponse[] = [];
    const gateway = await gatewayTo(
      (_request, response) => {
        response.write('first');
        open.push(response);
      },
      { etag: { maxWait: '20ms' } },
    );
    const response = await fetch(`${gateway.url}/`);
    expect(response.headers.has('etag')).toBe(false);
    open[0]!.end(', last');
    expect(await response.text()).toBe('first, last');
  });

  test('ends the upstream of a client that leaves while its answer is held', async () => {
    const open: ServerResponse[] = [];
    const gateway = await gatewayTo(
      (_request, response) => {
        response.write('first');
        open.push(response);
      },
      { etag: { maxWait: '60s' } },
    );
    const client = new AbortController();
    const left = fetch(`${gateway.url}/`, { signal: client.signal }).catch(() => 'left');
    await eventually(() => open.length === 1);
    client.abort();
    expect(await left).toBe('left');
    await eventually(() => open[0]!.destroyed);
  });

  test.each(['GET', 'HEAD'])('tags what is compressed afterwards: %s', async (method) => {
    const gateway = await gatewayTo(serving(textOf(5_000)), { compress: {}, etag: {} });
    const plain = await ask(`${gateway.url}/`);
    const gzip = { 'accept-encoding': 'gzip' };
    const { headers, text } = await ask(`${gateway.url}/`, { headers: gzip });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', etag: plain.headers.etag });
    expect(text).toBe(textOf(5_000));
    const again = await ask(`${gateway.url}/`, { method, ...knowing(headers.etag!, gzip) });
    expect([again.status, again.headers.vary]).toEqual([
      method === 'GET' ? 304 : 200,
      'Accept-Encoding',
    ]);
    expect(again.headers).not.toHaveProperty('transfer-encoding');
  });

  test('tags aggregates, fixed answers and BFFs; one with a part missing gets none', async () => {
    let isDown = false;
    const gateway = await startGateway({
      config: {
        routes: {
          page: {
            match: { path: '/page' },
            etag: {},
            aggregate: {
              a: { upstream: 'up', path: '/' },
              b: { upstream: 'down', path: '/' },
            },
          },
          fixed: { match: { path: '/fixed' }, etag: {}, respond: { body: { a: 1 } } },
        },
      },
      upstreams: {
        up: () => ({ body: { a: 1 } }),
        down: () => ({ status: isDown ? 500 : 200, body: {} }),
      },
    });
    const app = await startGateway({
      bff: defineBff({ upstreams: [] }, (routes) => {
        const schema = { response: { 200: z.strictObject({ a: z.int() }) } };
        routes.get('/', { schema }, async () => ({ a: 1 }));
      }),
      route: { etag: {} },
    });
    for (const url of [`${gateway.url}/page`, `${gateway.url}/fixed`, `${app.url}/`]) {
      const { headers } = await ask(url);
      const { status, bytes } = await ask(url, knowing(headers.etag!));
      expect([url, status, bytes.length]).toEqual([url, 304, 0]);
    }
    isDown = true;
    expect((await ask(`${gateway.url}/page`)).headers).not.toHaveProperty('etag');
  });
});
