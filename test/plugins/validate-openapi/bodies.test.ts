/** Bodies of requests, by the media types of the document. */
import { describe, expect, test } from 'vitest';
import { fetchH2, openH2 } from '../../helpers/h2-client.ts';
import { pair } from '../../listener/gateway.ts';
import { checking, documentOf, query, taking } from './checking.ts';

const order = {
  type: 'object',
  required: ['id', 'lines'],
  properties: {
    id: { type: 'string', readOnly: true },
    lines: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Line' } },
  },
};
const SCHEMAS = {
  Order: order,
  Line: {
    type: 'object',
    required: ['product'],
    properties: {
      product: { type: 'string', pattern: '^p[0-9]+$' },
      parts: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
      note: { type: 'string', nullable: true },
    },
    additionalProperties: false,
  },
  Patch: { allOf: [{ $ref: '#/components/schemas/Order' }, { required: ['id', 'lines'] }] },
};
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const start = (version?: string) =>
  checking(
    documentOf(
      {
        'POST /orders': taking(reference('Order')),
        'PATCH /orders': taking(reference('Patch'), 'application/merge-patch+json'),
        'PUT /orders': taking(reference('Order'), 'application/json', false),
        'POST /none': {},
        'POST /form': taking(
          {
            type: 'object',
            required: ['n'],
            properties: {
              n: { type: 'integer' },
              tags: { type: 'array', items: { type: 'string' } },
            },
          },
          'application/x-www-form-urlencoded',
        ),
        'POST /image': taking({ type: 'string' }, 'image/*'),
        'GET /orders': { parameters: [query('q', {})] },
      },
      SCHEMAS,
      version,
    ),
  );

const GOOD = { lines: [{ product: 'p1', parts: [{ product: 'p2' }] }] };

describe('a body of JSON', () => {
  test('that fits goes on, and one that does not is 400 with each fault', async () => {
    const { send, calls } = await start();
    expect((await send('POST /api/orders', GOOD)).status).toBe(200);
    const bad = { lines: [{ product: 'x', more: 1 }, { parts: [{ product: 3 }] }] };
    const { status, faults } = await send('POST /api/orders', bad);
    expect([status, faults.toSorted()]).toEqual([
      400,
      [
        'body /lines/0/more: is not allowed',
        'body /lines/0/product: must match pattern "^p[0-9]+$"',
        'body /lines/1/parts/0/product: must be string',
        'body /lines/1/product: is required',
      ],
    ]);
    expect(calls).toHaveLength(1);
  });

  test('need not have what is read-only, and must not', async () => {
    const { send } = await start();
    expect((await send('POST /api/orders', { ...GOOD, id: '1' })).faults).toEqual([
      'body /id: is read-only: it must not be sent',
    ]);
    const patch = (body: object) => send('PATCH /api/orders', body, 'application/merge-patch+json');
    expect((await patch(GOOD)).status).toBe(200);
    expect((await patch({ id: '1' })).faults.toSorted()).toEqual([
      'body /id: is read-only: it must not be sent',
      'body /lines: is required',
      'body /lines: is required',
    ]);
  });

  test('may be null where OpenAPI 3.0 says nullable, and not in 3.1, which has no such word', async () => {
    const noted = { lines: [{ product: 'p1', note: null }] };
    expect((await (await start('3.0.3')).send('POST /api/orders', noted)).status).toBe(200);
    expect((await (await start()).send('POST /api/orders', noted)).status).toBe(400);
  });

  test.each([
    ['deeper than any order', `{"lines":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['with a key that reaches a prototype', '{"lines":[{"product":"p1","__proto__":{}}]}'],
    ['with a key twice', '{"lines":[{"product":"p1","product":"p2"}]}'],
    ['with a huge list', `{"lines":[${'0,'.repeat(200_000)}0]}`],
    ['that is cut short', '{"lines":['],
  ])('%s is 400', async (_what, text) => {
    const { send, calls } = await start();
    const { status, code } = await send('POST /api/orders', text);
    expect([status, code, calls]).toEqual([400, 'GW_REQUEST_INVALID', []]);
  });

  test('as deep as the schema lets it be is checked to its end', async () => {
    const { send } = await start();
    const nested = (depth: number): object =>
      depth === 0 ? { product: 1 } : { product: 'p1', parts: [nested(depth - 1)] };
    const { faults } = await send('POST /api/orders', { lines: [nested(25)] });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/must be string$/);
  });
});

describe('a body', () => {
  test('that is required must be there', async () => {
    const { ask } = await start();
    const { status, faults } = await ask('POST /api/orders');
    expect([status, faults]).toEqual([400, ['body : is required']]);
    expect((await ask('PUT /api/orders')).status).toBe(200);
  });

  test('of another type is 415, and told which would do', async () => {
    const { send, ask, calls } = await start();
    const csv = await send('POST /api/orders', 'a,b', 'text/csv');
    expect([csv.status, csv.code, csv.headers.get('accept')]).toEqual([
      415,
      'GW_MEDIA_TYPE',
      'application/json',
    ]);
    const body = new Uint8Array([1]);
    expect((await ask('POST /api/orders', { body })).status).toBe(415);
    const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const encoded = await ask('POST /api/orders', { body, headers: gzip });
    expect([encoded.status, encoded.headers.get('accept')]).toEqual([415, 'application/json']);
    expect(calls).toEqual([]);
  });

  test('for an operation that takes none is 400', async () => {
    const { send, ask } = await start();
    expect((await send('POST /api/none', GOOD)).faults).toEqual([
      'body : is not allowed: the operation takes none',
    ]);
    expect((await ask('POST /api/none')).status).toBe(200);
  });

  test('that is a form is read as one', async () => {
    const { send } = await start();
    const form = (text: string) =>
      send('POST /api/form', text, 'application/x-www-form-urlencoded; charset=utf-8');
    expect((await form('n=3&tags=a')).status).toBe(200);
    expect((await form('n=3&n=4')).faults).toEqual(['body /n: must be integer']);
    expect((await form('n=x')).faults).toEqual(['body /n: must be integer']);
    expect((await form('tags=a&tags=b')).faults).toEqual(['body /n: is required']);
  });

  test('of other types passes by its type, and goes on as it comes', async () => {
    const { send, calls } = await start();
    expect((await send('POST /api/image', 'bytes', 'image/png')).status).toBe(200);
    expect((await send('POST /api/image', 'bytes', 'text/plain')).status).toBe(415);
    expect(calls).toEqual(['POST /image']);
  });
});

test('over HTTP/2, which announces no body, the bytes tell whether there is one', async () => {
  const document = documentOf({
    'POST /none': {},
    'POST /orders': taking({ type: 'object', required: ['n'] }),
  });
  const { url } = await checking(document, {}, {}, {}, { tls: pair('server') });
  const session = await openH2(url);
  const statusOf = async (path: string, fields: Record<string, string>, body?: string) =>
    (await fetchH2(session, { ':path': path, ':method': 'POST', ...fields }, body)).status;
  const json = { 'content-type': 'application/json' };
  expect([
    await statusOf('/api/none', {}),
    await statusOf('/api/none', json, '{}'),
    await statusOf('/api/orders', json, '{"n":1}'),
    await statusOf('/api/orders', json, '{}'),
    await statusOf('/api/orders', json),
    await statusOf('/api/orders', {}),
    await statusOf('/api/orders', {}, '{"n":1}'),
  ]).toEqual([200, 400, 200, 400, 400, 400, 415]);
});
