/** Only registered operations pass, however they are asked for, and only their registered text. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeOf, startGateway } from '../gateway/support/gateway.ts';
import { startRecorder } from '../gateway/support/upstream.ts';
import { configFolder } from './config-folder.ts';
import { startGraphqlServer } from './shop-server.ts';

const NAMES = 'query Names($id: ID!) { product(id: $id) { name } }';
const RATE =
  'mutation Rate($id: ID!, $stars: Int!) { addReview(product: $id, stars: $stars) { stars } }';
const TWO = 'query One { product(id: "1") { id } } query Other { product(id: "2") { id } }';
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const FREE = '{ product(id: "9") { name } }';

async function serving(operations: object = {}) {
  const shop = await startGraphqlServer();
  const folder = configFolder({
    'persisted.json': JSON.stringify({ [sha(NAMES)]: NAMES, 'rate-v1': RATE, two: TWO }),
  });
  const gateway = await startGateway({
    config: {
      admin: { port: 0 },
      upstreams: { up: { targets: [shop.url] } },
      routes: {
        graphql: {
          match: { path: '/graphql' },
          upstream: 'up',
          operations: { documents: join(folder, 'persisted.json'), ...operations },
        },
      },
    },
  });
  const post = (body: unknown, init: RequestInit = {}) =>
    gateway.fetch('/graphql', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      ...init,
    });
  const get = (parameters: Readonly<Record<string, string>>) =>
    gateway.fetch(`/graphql?${String(new URLSearchParams(parameters))}`);
  return { ...gateway, post, get, received: shop.received };
}

const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha(text) } });

describe('a registered operation is sent as its text', () => {
  test.each<[string, object]>([
    ['id', { id: sha(NAMES) }],
    ['documentId', { documentId: sha(NAMES) }],
    ['documentId with the name of the hash', { documentId: `sha256:${sha(NAMES)}` }],
    ['hash', { extensions: persisted(NAMES) }],
    ['hash and text', { query: NAMES, extensions: persisted(NAMES) }],
    ['exact text', { query: NAMES }],
  ])('by its %s', async (_, named) => {
    const { post, received } = await serving();
    const response = await post({ ...named, variables: { id: '7' } });
    expect(await response.json()).toEqual({ data: { product: { name: 'Product 7' } } });
    expect(JSON.parse(received[0]!.body)).toEqual({
      query: NAMES,
      operationName: 'Names',
      variables: { id: '7' },
    });
  });

  test('by a hash that the file does not use as its id', async () => {
    const { post } = await serving();
    const variables = { id: '1', stars: 4 };
    const response = await post({ extensions: persisted(RATE), variables });
    expect(await response.json()).toEqual({ data: { addReview: { stars: 4 } } });
  });

  test('by GET, which reaches the upstream as POST without a query', async () => {
    const { get, received } = await serving();
    const variables = JSON.stringify({ id: 'a&b' });
    const response = await get({ extensions: JSON.stringify(persisted(NAMES)), variables });
    expect(await response.json()).toEqual({ data: { product: { name: 'Product a&b' } } });
    expect(received).toMatchObject([{ method: 'POST', url: '/graphql', variables: { id: 'a&b' } }]);
  });

  test('of several in a document, the one that is named', async () => {
    const { post } = await serving();
    const other = await post({ id: 'two', operationName: 'Other' });
    expect(await other.json()).toEqual({ data: { product: { id: '2' } } });
    expect((await post({ id: 'two' })).status).toBe(400);
    const none = await post({ id: 'two', operationName: 'Third' });
    expect([none.status, await codeOf(none)]).toEqual([400, 'GW_OPERATION_UNKNOWN']);
  });

  test('whatever else the request says, in the body or the query', async () => {
    const { post, received, fetch } = await serving();
    await post({
      id: sha(NAMES),
      query: FREE,
      variables: { id: '1' },
      hash: 'x',
      extensions: { a: 1 },
    });
    await fetch(`/graphql?query=${encodeURIComponent(FREE)}&id=two`, {
      method: 'POST',
      body: JSON.stringify({ id: sha(NAMES), variables: { id: '1' } }),
      headers: { 'content-type': 'application/json' },
    });
    expect(received.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      [
        '/graphql',
        { query: NAMES, operationName: 'Names', variables: { id: '1' }, extensions: { a: 1 } },
      ],
      ['/graphql', { query: NAMES, operationName: 'Names', variables: { id: '1' } }],
    ]);
  });

  test('with the digits of its variables', async () => {
    const { post, received } = await serving();
    await post(`{"id":"${sha(NAMES)}","variables":{"id":12345678901234567890,"x":1.10}}`);
    expect(received[0]!.body).toContain('{"id":12345678901234567890,"x":1.10}');
  });
});

describe('anything else is refused, and the upstream is not called', () => {
  test.each<[string, unknown, number, string]>([
    ['a text', { query: FREE }, 400, 'GW_OPERATION_UNKNOWN'],
    ['a text that differs by a space', { query: `${NAMES} ` }, 400, 'GW_OPERATION_UNKNOWN'],
    ['an unknown id', { id: 'nope' }, 400, 'GW_OPERATION_UNKNOWN'],
    ['an id of every object', { id: 'constructor' }, 400, 'GW_OPERATION_UNKNOWN'],
    [
      'an unknown hash with its text',
      { query: FREE, extensions: persisted(FREE) },
      400,
      'GW_OPERATION_UNKNOWN',
    ],
    ['a batch', [{ id: sha(NAMES) }], 400, 'GW_REQUEST_INVALID'],
    ['two ids', { id: 'two', documentId: sha(NAMES) }, 400, 'GW_REQUEST_INVALID'],
    ['a key twice', `{"id":"two","id":"${sha(NAMES)}"}`, 400, 'GW_REQUEST_INVALID'],
    ['nothing', {}, 400, 'GW_REQUEST_INVALID'],
    ['null', 'null', 400, 'GW_REQUEST_INVALID'],
    ['a number as id', { id: 5 }, 400, 'GW_REQUEST_INVALID'],
    ['a list of variables', { id: sha(NAMES), variables: [] }, 400, 'GW_REQUEST_INVALID'],
    ['half a body', '{"id":', 400, 'GW_REQUEST_INVALID'],
    [
      '64 KiB of variables',
      { id: sha(NAMES), variables: { id: 'x'.repeat(65_536) } },
      413,
      'GW_BODY_TOO_LARGE',
    ],
  ])('%s', async (_, body, status, code) => {
    const { post, received } = await serving();
    const response = await post(body);
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
    expect(received).toEqual([]);
  });

  test('other media types, methods and WebSockets', async () => {
    const { post, fetch, received } = await serving();
    const form = await post('query={}', { headers: { 'content-type': 'application/graphql' } });
    expect([form.status, await codeOf(form)]).toEqual([415, 'GW_MEDIA_TYPE']);
    for (const method of ['PUT', 'HEAD', 'DELETE']) {
      const response = await fetch(`/graphql?id=${sha(NAMES)}`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
    }
    expect(received).toEqual([]);
  });

  test('a mutation by GET, which a link could make', async () => {
    const { get, received } = await serving();
    const response = await get({ id: 'rate-v1', variables: '{"id":"1","stars":1}' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(received).toEqual([]);
  });

  test('a parameter that is there twice, and one that is no JSON', async () => {
    const { fetch, received } = await serving();
    expect((await fetch(`/graphql?id=two&id=${sha(NAMES)}`)).status).toBe(400);
    expect((await fetch(`/graphql?id=${sha(NAMES)}&variables={id}`)).status).toBe(400);
    expect(received).toEqual([]);
  });
});

describe('unknown: allow', () => {
  test('passes texts of the client’s own byte for byte', async () => {
    const { post, received } = await serving({ unknown: 'allow' });
    const text = `{ "query": ${JSON.stringify(FREE)} }`;
    expect(await (await post(text)).json()).toEqual({ data: { product: { name: 'Product 9' } } });
    expect(received[0]!.body).toBe(text);
  });

  test('asks for the text of what is unknown, with HTTP 200, as clients of persisted queries expect', async () => {
    const { post, received } = await serving({ unknown: 'allow' });
    const response = await post({ extensions: persisted(FREE) });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await response.json()).toEqual({
      errors: [
        { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
      ],
    });
    expect(received).toEqual([]);
  });
});

test('metrics name the operation of the file, never one of the client’s', async () => {
  const { post, gateway } = await serving();
  await post({ id: sha(NAMES), variables: { id: '1' } });
  await post({ query: 'query Mine { x }', operationName: 'Mine' });
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toContain(
    'portico_requests_total{route="graphql",endpoint="Names",method="POST",status="200"} 1',
  );
  expect(metrics).toContain('portico_graphql_operations_total{route="graphql",result="known"} 1');
  expect(metrics).toContain('portico_graphql_operations_total{route="graphql",result="free"} 1');
  expect(metrics).not.toContain('Mine');
});

test('a query by GET is retried as GET is, though it is sent as POST', async () => {
  let calls = 0;
  const folder = configFolder({ 'p.json': JSON.stringify({ a: NAMES, b: RATE }) });
  const { fetch } = await startGateway({
    config: {
      upstreams: {
        up: { targets: ['http://up:1'], retry: { attempts: 2, on: [503], backoff: '1ms' } },
      },
      routes: {
        a: {
          match: { path: '/g' },
          upstream: 'up',
          operations: { documents: join(folder, 'p.json') },
        },
      },
    },
    upstreams: {
      up: () => {
        calls += 1;
        return calls === 1 ? { status: 503 } : { body: { data: null } };
      },
    },
  });
  expect((await fetch('/g?id=a&variables={"id":"1"}')).status).toBe(200);
  expect(calls).toBe(2);
  calls = 0;
  const post = {
    method: 'POST',
    body: '{"id":"b"}',
    headers: { 'content-type': 'application/json' },
  };
  expect((await fetch('/g', post)).status).toBe(503);
});

test('a route without operations is not looked at', async () => {
  const { url, received } = await startRecorder();
  const { fetch } = await startGateway({
    config: {
      upstreams: { up: { targets: [url] } },
      routes: { a: { match: { path: '/g' }, upstream: 'up' } },
    },
  });
  await fetch('/g', { method: 'POST', body: 'whatever' });
  expect(received[0]?.body.toString()).toBe('whatever');
});
