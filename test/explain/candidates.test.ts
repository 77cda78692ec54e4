import { describe, expect, test } from 'vitest';
import { asking, candidatesOf } from './asking.ts';

const forward = (match: object) => ({ match, upstream: 'up' });

describe('of the routes, it tells', () => {
  test('the one that wins, and the first condition that each other one failed', async () => {
    const { explain } = await asking({
      routes: {
        all: forward({ path: '/*' }),
        prefix: forward({ path: '/orders/*' }),
        host: forward({ path: '/orders/{id}', hosts: ['*.shop.example'] }),
        method: forward({ path: '/orders/{id}', methods: ['POST', 'PUT'] }),
        header: forward({ path: '/orders/{id}', headers: { 'x-version': '2' } }),
        query: forward({ path: '/orders/{id}', query: { beta: { present: true } } }),
        cookie: forward({ path: '/orders/{id}', cookies: { group: 'a' } }),
        elsewhere: forward({ path: '/users/*' }),
      },
    });
    const told = await explain('/orders/7', { headers: { 'x-version': '3', cookie: 'group=b' } });
    expect(candidatesOf(told)).toEqual([
      'host: fails the host is none of *.shop.example',
      'method: fails the method is GET, and it serves POST, PUT',
      'header: fails the field x-version has another value',
      'cookie: fails the cookie group has another value',
      'query: fails the query parameter beta is absent',
      'prefix: wins',
      'all: outranked prefix comes first',
    ]);
    expect(told.matching).toMatchObject({ others: 1, more: 0 });
    expect(told.route).toMatchObject({ name: 'prefix', action: 'forward to up' });
  });

  test('a value that could be read in two ways', async () => {
    const { explain } = await asking({
      routes: {
        one: forward({ path: '/x', query: { a: '1' } }),
        rest: forward({ path: '/*' }),
      },
    });
    const told = await explain('/x?a=1&a=2');
    expect(candidatesOf(told)).toEqual([
      'one: unclear the query parameter a has several values, of which only some fit',
      'rest: outranked one that comes first is unclear',
    ]);
    expect(told.outcome).toMatchObject({ kind: 'refused', code: 'GW_REQUEST_INVALID' });
  });

  test('where a path without its parameters would lead', async () => {
    const { explain } = await asking({
      routes: { admin: forward({ path: '/admin/*' }), rest: forward({ path: '/*' }) },
    });
    const told = await explain('/admin;v=1/x');
    expect(told.matching.readings).toEqual([{ path: '/admin/x', route: 'admin' }]);
    expect(told.outcome).toMatchObject({ kind: 'refused', status: 400 });
  });

  test('that a preflight is for the method that it asks about', async () => {
    const cors = { origins: ['https://shop.example'] };
    const { explain } = await asking({
      routes: {
        put: { ...forward({ path: '/x', methods: ['PUT'] }), cors },
        get: forward({ path: '/x', methods: ['GET'] }),
      },
    });
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'PUT' };
    const told = await explain('/x', { method: 'OPTIONS', headers });
    expect(told.matching.method).toBe('PUT');
    expect(told.route?.name).toBe('put');
    expect(told.outcome).toMatchObject({ kind: 'answered', status: 204, by: 'cors' });
  });
});

describe('where no route is found, it tells', () => {
  test('the pattern that is spelt most like the path', async () => {
    const { explain } = await asking({ routes: { orders: forward({ path: '/api/orders/*' }) } });
    const { outcome, matching } = await explain('/api/order/7');
    expect(outcome).toMatchObject({ kind: 'refused', status: 404, code: 'GW_ROUTE_NOT_FOUND' });
    expect(matching).toMatchObject({ candidates: [], near: '/api/orders/*', others: 1 });
  });

  test('the methods that are served', async () => {
    const { explain } = await asking({
      routes: { orders: forward({ path: '/x', methods: ['GET', 'PUT'] }) },
    });
    const { outcome } = await explain('/x', { method: 'DELETE' });
    expect(outcome).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, PUT' } });
  });

  test.each([
    ['/a%zz', 'GET', 400, 'GW_REQUEST_INVALID'],
    ['/x', 'TRACE', 501, 'GW_METHOD_UNSUPPORTED'],
    ['/x', 'FOO', 501, 'GW_METHOD_UNSUPPORTED'],
    [`/${'x'.repeat(9_000)}`, 'GET', 414, 'GW_URI_TOO_LONG'],
    [`/${'x'.repeat(60_000)}`, 'GET', 414, 'GW_URI_TOO_LONG'],
  ])('what the gateway cannot read: %.12s by %s', async (url, method, status, code) => {
    const { explain } = await asking({ routes: { orders: forward({ path: '/*' }) } });
    expect((await explain(url, { method })).outcome).toMatchObject({ status, code });
  });
});

test('of many routes with one path, the best are listed, and the others are counted', async () => {
  const many = Array.from({ length: 70 }, (_, i) => [
    `r${i}`,
    forward({ path: '/x', headers: { 'x-n': `${i}` } }),
  ]);
  const { explain } = await asking({
    routes: { ...Object.fromEntries(many), y: forward({ path: '/y' }) },
  });
  const { matching, route } = await explain('/x', { headers: { 'x-n': '69' } });
  expect(route?.name).toBe('r69');
  expect(matching).toMatchObject({ more: 20, others: 1 });
  expect(matching.candidates).toHaveLength(50);
});
