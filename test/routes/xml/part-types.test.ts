/** Parts whose answers are not JSON objects. */
import { createRequire } from 'node:module';
import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { startUpstream } from '../../gateway/support/upstream.ts';
import { composing } from '../composing.ts';

const answering =
  (body: string): FakeUpstream =>
  () => ({ body });
const well = answering('1');

describe('a part', () => {
  test.each([
    ['[1,{"a":1.10}]', '[1,{"a":1.10}]'],
    ['"text"', '"text"'],
    ['5.0', '5.0'],
    ['null', 'null'],
    ['true', 'true'],
    ['', 'null'],
    ['[]', '[]'],
  ])('whose answer is %j goes out as %s', async (body, expected) => {
    const { fetch } = await composing({ a: {}, b: {} }, { a: answering(body), b: well });
    const response = await fetch('/1');
    expect(await response.text()).toBe(`{"a":${expected},"b":1}`);
    expect(response.headers.get('gateway-degraded')).toBeNull();
  });

  test.each([
    ['xml', {}, '<order id="7"><sku>a</sku></order>', { order: { '@id': '7', sku: 'a' } }],
    [
      'xml',
      { unwrap: 'orders.order[]', pick: ['@id', 'price.$'], rename: { '@id': 'id' } },
      '<orders><order id="7"><price currency="EUR">1.10</price></order></orders>',
      [{ id: '7', price: { $: '1.10' } }],
    ],
    ['text', {}, 'a "text"\n\u0000\ud83d\ude00', 'a "text"\n\u0000\ud83d\ude00'],
    ['text', {}, '{"a":1.10}', '{"a":1.10}'],
    [
      'rss',
      { pick: ['title'], collection: 'news' },
      '<rss><channel><item><title>One</title></item></channel></rss>',
      { news: [{ title: 'One' }] },
    ],
    ['xml', {}, '', null],
    ['text', {}, '', null],
    ['rss', {}, '', null],
  ])('of type %s with %j is read from %j', async (type, part, body, expected) => {
    const { fetch } = await composing(
      { a: { type, ...part }, b: {} },
      { a: answering(body), b: well },
    );
    expect(await (await fetch('/1')).json()).toEqual({ a: expected, b: 1 });
  });

  test.each([
    ['json', 'application/json'],
    ['xml', 'application/xml, text/xml;q=0.9'],
    ['text', 'text/plain, */*;q=0.5'],
    ['rss', 'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8'],
  ])('of type %s says so to its upstream', async (type, accept) => {
    const { fetch, seen } = await composing({ a: { type }, b: {} }, { a: well, b: well });
    await fetch('/1');
    expect(seen.find(({ path }) => path === '/a')!.headers['accept']).toBe(accept);
  });

  test.each([
    ['xml', '{"a":1}'],
    ['xml', '<a>&x;</a>'],
    ['rss', '<html/>'],
    ['json', '<a/>'],
  ])('of type %s fails with %j', async (type, body) => {
    const { fetch } = await composing({ a: { type }, b: {} }, { a: answering(body), b: well });
    const response = await fetch('/1');
    expect(await response.json()).toEqual({ b: 1 });
    expect(response.headers.get('gateway-degraded')).toBe('a;reason=invalid');
  });

  test('is filled with values of an XML answer, which are encoded as any others', async () => {
    const { fetch, seen } = await composing(
      { a: { type: 'xml' }, b: { path: '/{a.order.@id}' } },
      { a: answering('<order id="a/b?&quot;c"/>'), b: well },
    );
    await fetch('/1');
    expect(seen.at(-1)!.path).toBe('/a%2Fb%3F%22c');
  });

  test.each<readonly [string, RequestListener]>([
    [
      'gzip',
      (_q, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('<a>\u00e9</a>')),
    ],
    [
      'another charset',
      (_q, r) =>
        r
          .writeHead(200, { 'content-type': 'text/xml; charset=iso-8859-1' })
          .end(Buffer.from('<a>\u00e9</a>', 'latin1')),
    ],
  ])('of type xml is read from %s over a socket', async (_how, listener) => {
    const { fetch } = await startGateway({
      config: {
        upstreams: { a: { targets: [await startUpstream(listener)] } },
        routes: {
          all: {
            match: { path: '/' },
            aggregate: { a: { upstream: 'a', path: '/', type: 'xml' } },
          },
        },
      },
    });
    expect(await (await fetch('/')).json()).toEqual({ a: { a: '\u00e9' } });
  });

  test('of another type than XML does not load its parser', async () => {
    const { cache } = createRequire(import.meta.url);
    const parsers = () => Object.keys(cache).filter((file) => file.includes('/node_modules/sax/'));
    const before = parsers();
    for (const file of before) delete cache[file];
    await composing({ a: { type: 'text' }, b: {} }, { a: well, b: well });
    expect(parsers()).toEqual([]);
    await composing({ a: { type: 'xml' }, b: {} }, { a: well, b: well });
    expect(parsers()).not.toEqual([]);
  });
});
