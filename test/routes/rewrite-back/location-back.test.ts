import { describe, expect, test } from 'vitest';
import { refreshBack, urlBack } from '../../../src/routes/rewrite-back/location-back.ts';
import { type Asked, viewOf } from './view.ts';

type Row = readonly [url: string, seen: string];
const SAME = 'SAME';

function expectRows(rows: readonly Row[], asked?: Asked): void {
  const view = viewOf(asked);
  const seen = rows.map(([url]) => [url, urlBack(url, view)]);
  expect(seen).toEqual(rows.map(([url, expected]) => [url, expected === SAME ? url : expected]));
}

describe('Location, with /api/products/* rewritten to /products/*', () => {
  test('a path that the upstream has becomes the one by which clients ask for it', () =>
    expectRows([
      ['/products', '/api/products'],
      ['/products/', '/api/products/'],
      ['/products/8', '/api/products/8'],
      ['/products/8/', '/api/products/8/'],
      ['/products/8?a=1&b=%2F', '/api/products/8?a=1&b=%2F'],
      ['/products/8#reviews', '/api/products/8#reviews'],
      ['/products?next=/products/8', '/api/products?next=/products/8'],
      ['/products/a%20b', '/api/products/a%20b'],
      ['/products/a%2Fb', '/api/products/a%2Fb'],
      ['/%70roducts/8', '/api/products/8'],
      ['/products/caf\xc3\xa9', '/api/products/caf%C3%A9'],
      ['/products/./x/../8', '/api/products/8'],
      ['/products/8;v=1', '/api/products/8;v=1'],
    ]));

  test('a path that this route does not have stays', () =>
    expectRows([
      ['/', SAME],
      ['/login', SAME],
      ['/productsx', SAME],
      ['/Products/8', SAME],
      ['/api/products/8', SAME],
      ['/products/../login', SAME],
      ['/products/%2e%2e/login', SAME],
      ['/products/%zz', SAME],
      ['/products/..;/login', SAME],
    ]));

  test('an absolute URL of the upstream gets the scheme and the host of the client', () =>
    expectRows([
      ['http://orders:4001/products/8', 'https://shop.example/api/products/8'],
      ['https://orders:4001/products/8?x#y', 'https://shop.example/api/products/8?x#y'],
      ['HTTP://ORDERS:4001/products/8', 'https://shop.example/api/products/8'],
      ['http://orders.:4001/products/8', 'https://shop.example/api/products/8'],
      ['http://orders.internal/products/8', 'https://shop.example/api/products/8'],
      ['http://orders:4001/login', 'https://shop.example/login'],
      ['http://orders:4001', 'https://shop.example'],
      ['http://orders:4001?x=1', 'https://shop.example?x=1'],
    ]));

  test('so does one without the port, or with that of the scheme, and the name of its Host with its port', () =>
    expectRows([
      ['http://orders/products/8', 'https://shop.example/api/products/8'],
      ['http://orders:80/products/8', 'https://shop.example/api/products/8'],
      ['https://orders:443/products/8', 'https://shop.example/api/products/8'],
      ['http://orders.internal:4001/products/8', 'https://shop.example/api/products/8'],
      ['http://shop.example/products/8', 'https://shop.example/api/products/8'],
      ['http://shop.example:4001/products/8', 'https://shop.example/api/products/8'],
    ]));

  test('what begins with // keeps its form', () =>
    expectRows([
      ['//orders:4001/products/8', '//shop.example/api/products/8'],
      ['//orders/products', '//shop.example/api/products'],
      ['//elsewhere.example/products', SAME],
    ]));

  test('a relative path counts from the one that was sent', () =>
    expectRows([
      ['8', '/api/products/8'],
      ['./8?x', '/api/products/8?x'],
      ['../products/8', '/api/products/8'],
      ['8/reviews', '/api/products/8/reviews'],
      ['.', '/api/products/'],
      ['../login', SAME],
      ['../../../login', SAME],
    ]));

  test('an empty path is the one asked for, on either side', () =>
    expectRows([
      ['', SAME],
      ['?page=2', SAME],
      ['#top', SAME],
    ]));

  test('foreign hosts stay, and so do other ports and other schemes', () =>
    expectRows([
      ['https://elsewhere.example/products/8', SAME],
      ['http://orders.evil.example/products/8', SAME],
      ['http://ordersx:4001/products', SAME],
      ['http://orders:4002/products/8', SAME],
      ['http://orders:4001@evil.example/products', SAME],
      ['http://orders:99999999/products', SAME],
      ['http:///products/8', SAME],
      ['http:products/8', SAME],
      ['mailto:shop@orders', SAME],
      ['javascript:alert(1)', SAME],
      ['ftp://orders:4001/products', SAME],
      ['urn:orders:8', SAME],
    ]));

  test('no user or password is sent to the client', () =>
    expectRows([
      ['http://user:secret@orders:4001/products/8', 'https://shop.example/api/products/8'],
      ['//user@orders:4001/products/8', '//shop.example/api/products/8'],
    ]));

  test('the port of the client stays', () =>
    expectRows([['http://orders:4001/products/8', 'https://shop.example:8443/api/products/8']], {
      host: 'shop.example:8443',
    }));

  test('backslashes are slashes, as in browsers', () =>
    expectRows([
      ['http:\\\\orders:4001\\products\\8', 'https://shop.example/api/products/8'],
      ['\\products\\8', '/api/products/8'],
      ['\\\\evil.example\\products', SAME],
    ]));
});

describe('Location, with other rewrites', () => {
  test('a stripped prefix is put before every path, and never makes it name a host', () =>
    expectRows(
      [
        ['/login', '/api/products/login'],
        ['/', '/api/products/'],
        ['http://orders:4001', 'https://shop.example/api/products/'],
        ['login', '/api/products/login'],
        ['http://orders:4001//evil.example', 'https://shop.example/api/products/evil.example'],
      ],
      { rewrite: '/*', sent: '/7' },
    ));

  test('an added prefix is taken off, and what follows it is never read as a host', () =>
    expectRows(
      [
        ['/v1/login', '/login'],
        ['/v1', '/'],
        ['/v1//evil.example', '/evil.example'],
        ['/v1/\\evil.example', '/evil.example'],
        ['/login', SAME],
      ],
      { match: [undefined], rewrite: '/v1/*', asked: '/x', sent: '/v1/x' },
    ));

  test('parameters are read from the path of the upstream; those it does not get, from the request', () => {
    const route = { match: ['/t/{tenant}/orders/{id}'], asked: '/t/acme/orders/7' };
    expectRows(
      [
        ['/o/8-x', '/t/acme/orders/8'],
        ['/o/a%20b-x', '/t/acme/orders/a%20b'],
        ['/o/-x', SAME],
        ['/o/8', SAME],
        ['/o/8-x/y', SAME],
      ],
      { ...route, rewrite: '/o/{id}-x', sent: '/o/7-x' },
    );
    expectRows([['/globex/8', '/t/globex/orders/8']], {
      ...route,
      rewrite: '/{tenant}/{id}',
      sent: '/acme/7',
    });
  });

  test('of several matches, that of the request counts', () => {
    const match = ['/a/*', '/b/{part}/*', '/c/'];
    const rewrite = '/up/*';
    expectRows([['/up/8', '/a/8']], { match, rewrite, asked: '/a/7' });
    expectRows([['/up/8', '/b/x/8']], { match, rewrite, asked: '/b/x/7' });
    expectRows([['/up', '/c/']], { match: ['/d', '/c/'], rewrite: '/up', asked: '/c/' });
  });

  test('without a rewrite, only hosts change', () => {
    const view = { ...viewOf(), pathBack: undefined };
    expect(urlBack('http://orders:4001/a//b?x', view)).toBe('https://shop.example/a//b?x');
    expect(urlBack('/a', view)).toBe('/a');
    expect(urlBack('../a', view)).toBe('../a');
  });

  test('IPv6 addresses are compared as addresses', () =>
    expectRows(
      [
        ['http://[::1]:4001/products', 'https://shop.example/api/products'],
        ['http://[0:0:0:0:0:0:0:1]:4001/products', 'https://shop.example/api/products'],
        ['http://[::2]:4001/products', SAME],
        ['http://[::1/products', SAME],
      ],
      { ownNames: ['[::1]:4001'] },
    ));
});

describe('Refresh', () => {
  test.each([
    ['5; url=/products/8', '5; url=/api/products/8'],
    ['0;URL=http://orders:4001/products/8', '0;URL=https://shop.example/api/products/8'],
    [`1.5 ; url = '/products/8' `, `1.5 ; url = '/api/products/8' `],
    ['0; url="/products/8"', '0; url="/api/products/8"'],
    ['0, /products/8', '0, /api/products/8'],
    ['5', '5'],
    ['', ''],
    ['5; url=https://elsewhere.example/', '5; url=https://elsewhere.example/'],
  ])('%s', (value, expected) => expect(refreshBack(value, viewOf())).toBe(expected));
});

test('a hostile field of 64 KiB takes no long time', () => {
  const view = viewOf();
  const long = 65_000;
  const start = performance.now();
  for (const text of [' ', '/', '../', '/products', ';', '\\', '@', '%', 'a:', '//[']) {
    urlBack(text.repeat(long / text.length), view);
    refreshBack(`0;${text.repeat(long / text.length)}"'`, view);
  }
  expect(performance.now() - start).toBeLessThan(5_000);
});
