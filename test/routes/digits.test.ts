/** Numbers of parts: copied ones keep their source text. */
import { describe, expect, test } from 'vitest';
import type { FakeUpstream } from '../../src/testing.ts';
import { startRecorder, startUpstream } from '../gateway/support/upstream.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { composing } from './composing.ts';

const answering =
  (text: string): FakeUpstream =>
  () => ({ body: text });

const NUMBERS = [
  '9007199254740993',
  '-7615917337495251231',
  '1e400',
  '-1E-400',
  '1.0',
  '1E2',
  '1e+2',
  '0.1000',
  '-0',
  '-0.0',
  '0.00000010',
  '123456789012345678901234567890',
  '0.1234567890123456789',
  '1e99999999999999999999',
  '5',
  '-5.25',
];

describe('a number of a part', () => {
  test.each(NUMBERS)('%s is put into paths and queries as it came', async (number) => {
    const asked: string[] = [];
    const { fetch } = await composing(
      {
        order: { required: true },
        user: {
          path: '/users/{order.ids.0.id}',
          query: { id: '{order.id}', text: 'n {order.id}' },
        },
      },
      {
        order: answering(`{"id":${number},"ids":[{"id":${number} }]}`),
        user: ({ path, query }) => {
          asked.push(path + query);
          return { body: {} };
        },
      },
    );
    expect((await fetch('/1')).status).toBe(200);
    const escaped = encodeURIComponent(number);
    // A path segment may contain a +.
    expect(asked).toEqual([`/users/${number}?id=${escaped}&text=n%20${escaped}`]);
  });

  test.each(NUMBERS)('%s is picked as it came, at any depth', async (number) => {
    const { fetch } = await composing(
      { a: { pick: ['id', 'list.n', 'whole'] }, b: { path: '/b', pick: ['n'] } },
      {
        a: answering(
          `{ "secret":${number}, "id" : ${number}, "list":[{"n":${number},"x":1},{"n":1}], "whole":[${number},\n${number}]}`,
        ),
        b: answering(`[{"n":${number}}]`),
      },
    );
    expect(await (await fetch('/1')).text()).toBe(
      `{"a":{"id":${number},"list":[{"n":${number}},{"n":1}],"whole":[${number},${number}]},"b":[{"n":${number}}]}`,
    );
  });

  test('keeps its digits when a key that could reach a prototype is dropped', async () => {
    const { fetch } = await composing(
      { a: {}, b: { pick: ['n'] } },
      {
        a: answering('{"__proto__":{"n":1e400},"n":9007199254740993}'),
        b: answering('{"__proto__":1e400,"constructor":1.0,"n":1.0}'),
      },
    );
    expect(await (await fetch('/1')).text()).toBe('{"a":{"n":9007199254740993},"b":{"n":1.0}}');
  });

  test('is the last one if a key occurs twice, for us as for other readers', async () => {
    const { fetch } = await composing(
      { a: { pick: ['n'] } },
      { a: answering('{"n":1.0,"n":9007199254740993,"m":{"n":2},"n":9007199254740995}') },
    );
    expect(await (await fetch('/1')).text()).toBe('{"a":{"n":9007199254740995}}');
  });

  test('has no fields that a path could lead to', async () => {
    const { fetch } = await composing(
      { a: { pick: ['n.rawJSON', 'm'] }, b: { path: '/{a.m.rawJSON}', default: null } },
      { a: answering('{"n":1.0,"m":2.0}'), b: answering('{}') },
    );
    expect(await (await fetch('/1')).text()).toBe('{"a":{"m":2.0},"b":null}');
  });

  test('keeps its digits over real sockets, and names the right record', async () => {
    const orders = await startUpstream((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"customerId":9007199254740993,"total":1e400}');
    });
    const users = await startRecorder();
    const { fetch } = await startGateway({
      config: {
        upstreams: { orders: { targets: [orders] }, users: { targets: [users.url] } },
        routes: {
          all: {
            match: { path: '/{id}' },
            aggregate: {
              order: { upstream: 'orders', path: '/orders/{id}', pick: ['total'] },
              whole: { upstream: 'orders', path: '/orders/{id}' },
              customer: { upstream: 'users', path: '/users/{whole.customerId}' },
            },
          },
        },
      },
    });
    expect(await (await fetch('/1')).text()).toContain('{"order":{"total":1e400},');
    expect(users.received.map(({ url }) => url)).toEqual(['/users/9007199254740993']);
  });
});
