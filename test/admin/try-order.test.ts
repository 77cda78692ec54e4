import { expect, test } from 'vitest';
import { readTry, TryError } from '../../src/admin/try-order.ts';

const read = (order: unknown) => readTry(order, { remoteAddress: '127.0.0.1', headers: {} });

test('a request is read with its defaults, and a page may leave out the reason', () => {
  const { request, by } = readTry(
    { path: '/a?b=%C3%BC' },
    { remoteAddress: '::1', headers: { origin: 'http://localhost' } },
  );
  expect(request).toEqual({
    listener: undefined,
    method: 'GET',
    path: '/a?b=%C3%BC',
    headers: [],
    body: undefined,
  });
  expect(by).toEqual({ address: '::1' });
});

test.each([
  [{}],
  [null],
  [{ path: 'a' }],
  [{ path: 'http://other.example/' }],
  [{ path: '/a b' }],
  [{ path: '/a#b' }],
  [{ path: '/ü' }],
  [{ path: '/a\r\nx: y' }],
  [{ path: `/${'a'.repeat(8_192)}` }],
  [{ path: '/', method: 'CONNECT' }],
  [{ path: '/', method: 'connect' }],
  [{ path: '/', method: 'GET / HTTP/1.1\r\n' }],
  [{ path: '/', method: '' }],
  [{ path: '/', header: [] }],
  [{ path: '/', listener: 1 }],
  [{ path: '/', headers: { a: 'b' } }],
  [{ path: '/', headers: [['a']] }],
  [{ path: '/', headers: [['a b', 'c']] }],
  [{ path: '/', headers: [['a', 'b\r\nc: d']] }],
  [{ path: '/', headers: [['a', 'b\u0000']] }],
  [{ path: '/', headers: [['a', '\u0100']] }],
  [{ path: '/', headers: [['Transfer-Encoding', 'chunked']] }],
  [{ path: '/', headers: [['content-length', '5']] }],
  [{ path: '/', headers: [['Connection', 'upgrade']] }],
  [{ path: '/', headers: [['Upgrade', 'websocket']] }],
  [{ path: '/', headers: [['expect', '100-continue']] }],
  [{ path: '/', headers: [['host', 'a'], ['Host', 'b']] }], // prettier-ignore
  [{ path: '/', headers: Array.from({ length: 101 }, () => ['a', 'b']) }],
  [{ path: '/', body: 5 }],
  [{ path: '/', body: 'x'.repeat(262_145) }],
  [{ path: '/', reason: 'a\nb' }],
])('%j cannot be tried', (order) => {
  expect(() => read(order)).toThrow(TryError);
});
