import { describe, expect, test } from 'vitest';
import { cookieBack } from '../../../src/routes/rewrite-back/cookie-back.ts';
import { type Asked, viewOf } from './view.ts';

type Row = readonly [cookie: string, seen: string];
const SAME = 'SAME';

function expectRows(rows: readonly Row[], asked?: Asked): void {
  const view = viewOf(asked);
  const seen = rows.map(([cookie]) => [cookie, cookieBack(cookie, view)]);
  expect(seen).toEqual(rows.map(([cookie, to]) => [cookie, to === SAME ? cookie : to]));
}

describe('Domain', () => {
  test('of the upstream, or above it, is removed: the cookie belongs to the host of the client', () =>
    expectRows([
      ['a=1; Domain=orders', 'a=1'],
      ['a=1; Domain=orders.internal; Secure', 'a=1; Secure'],
      ['a=1; domain=.ORDERS.internal.; HttpOnly', 'a=1; HttpOnly'],
      ['a=1;Domain=internal;Path=/x', 'a=1;Path=/x'],
      ['a=1; Domain = orders ; Domain=internal', 'a=1'],
    ]));

  test('that holds for the client, or is foreign, stays', () =>
    expectRows([
      ['a=1; Domain=shop.example', SAME],
      ['a=1; Domain=.example', SAME],
      ['a=1; Domain=elsewhere.example', SAME],
      ['a=1; Domain=', SAME],
      ['a=1; Domain', SAME],
      ['Domain=orders', SAME],
      ['a=Domain=orders', SAME],
    ]));

  test('above both the upstream and the client stays', () =>
    expectRows([['a=1; Domain=corp.example', SAME]], {
      host: 'shop.corp.example',
      ownNames: ['orders.corp.example:4001'],
    }));
});

describe('Path', () => {
  test('of the upstream becomes the one of the client', () =>
    expectRows([
      ['a=1; Path=/products', 'a=1; Path=/api/products'],
      ['a=1; Path=/products/', 'a=1; Path=/api/products/'],
      ['a=1; path = /products/8 ; Secure', 'a=1; path = /api/products/8 ; Secure'],
      ['a=1; Path=/%70roducts', 'a=1; Path=/api/products'],
    ]));

  test('that covers more, is foreign, or is none, stays', () =>
    expectRows([
      ['a=1; Path=/', SAME],
      ['a=1; Path=/login', SAME],
      ['a=1; Path=', SAME],
      ['a=1; Path', SAME],
      ['a=1; Path=products', SAME],
      ['a=1; Path="/products"', SAME],
      ['a=1', SAME],
    ]));

  test('of the root becomes a stripped prefix, without a slash at its end', () =>
    expectRows([['a=1; Path=/', 'a=1; Path=/api/products']], { rewrite: '/*', sent: '/7' }));

  test('of a folder above the rewritten prefix becomes the folder above the matched one', () =>
    expectRows(
      [
        ['a=1; Path=/v1', 'a=1; Path=/api'],
        ['a=1; Path=/v1/', 'a=1; Path=/api/'],
        ['a=1; Path=/v', SAME],
      ],
      { match: ['/api/o/{id}'], rewrite: '/v1/o/{id}', asked: '/api/o/7', sent: '/v1/o/7' },
    ));

  test('of __Host- cookies stays: browsers take no other', () =>
    expectRows(
      [
        ['__Host-a=1; Path=/; Secure', SAME],
        ['__host-a=1; Path=/; Secure', SAME],
        ['__Secure-a=1; Path=/; Secure', '__Secure-a=1; Path=/api/products; Secure'],
      ],
      { rewrite: '/*', sent: '/7' },
    ));

  test('never brings in another attribute', () =>
    expectRows([['a=1; Path=/', 'a=1; Path=/t/x%3BDomain=evil']], {
      match: ['/t/{tenant}/*'],
      rewrite: '/*',
      asked: '/t/x;Domain=evil/7',
      sent: '/7',
    }));
});

test('all else stays, byte for byte', () =>
  expectRows([
    [
      'a="x, y"; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Max-Age=60;  SameSite=None;Partitioned',
      SAME,
    ],
    ['a=b=c;;  ; HttpOnly;', SAME],
    ['=x; Priority=High', SAME],
    ['', SAME],
  ]));

test('a hostile field of 64 KiB takes no long time', () => {
  const view = viewOf();
  const start = performance.now();
  for (const text of [
    ' ',
    ';',
    '; Path=/',
    '; Path=/products',
    '; Domain=x',
    'Path=/a '.padEnd(9),
  ]) {
    cookieBack(`a=1; Path=/${text.repeat(65_000 / text.length)}x`, view);
  }
  expect(performance.now() - start).toBeLessThan(5_000);
});
