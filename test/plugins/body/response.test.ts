/** `body.response`: what clients get of an upstream's JSON, and that nothing removed passes in another form. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeAnswer } from '../../../src/testing.ts';
import { codeOf, forwardTo, startGateway } from '../../gateway/support/gateway.ts';
import { startUpstream } from '../../gateway/support/upstream.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

async function editing(answer: FakeAnswer, response: object, more: object = {}) {
  const body = { response, maxBody: '1KiB' };
  return startGateway({
    config: {
      routes: {
        parts: {
          match: { path: '/parts' },
          body,
          aggregate: { a: { upstream: 'up', path: '/a' } },
        },
        own: { match: { path: '/own' }, body, respond: { body: { secret: 1, kept: 2 } } },
        all: forwardTo('/*', { body, ...more }),
      },
    },
    upstreams: { up: () => answer },
  });
}

const secretless = { remove: ['secret'] };

describe('a JSON answer', () => {
  test('reaches the client edited, and its head speaks of those bytes', async () => {
    const { fetch } = await editing(
      {
        headers: {
          'content-type': 'application/vnd.shop+json; charset=utf-8',
          'content-length': '999',
          etag: '"1"',
          'content-md5': 'x',
          'repr-digest': 'x',
          'accept-ranges': 'bytes',
          'x-other': 'kept',
        },
        body: '{"secret":1,"name":"ä","items":[{"n":1}]}',
      },
      { remove: ['secret'], rename: { name: 'title' }, set: { 'items[].currency': 'EUR' } },
    );
    const response = await fetch('/a');
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({ title: 'ä', items: [{ n: 1, currency: 'EUR' }] });
    const { headers } = response;
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect([headers.get('etag'), headers.get('x-other')]).toEqual(['W/"1"', 'kept']);
    for (const name of ['content-md5', 'repr-digest', 'accept-ranges']) {
      expect(headers.get(name)).toBe(null);
    }
  });

  test('keeps the digits of its numbers, and loses keys of prototypes', async () => {
    const body = '{"id":12345678901234567890,"p":1.10,"__proto__":{"x":1},"secret":0}';
    const { fetch } = await editing({ headers: JSON_TYPE, body }, secretless);
    expect(await (await fetch('/a')).text()).toBe('{"id":12345678901234567890,"p":1.10}');
  });

  test.each([404, 422, 500])('of status %i is edited as well', async (status) => {
    const { fetch } = await editing({ status, body: { secret: 1, title: 'x' } }, secretless);
    const response = await fetch('/a');
    expect([response.status, await response.json()]).toEqual([status, { title: 'x' }]);
  });

  test.each<readonly [string, unknown]>([
    ['/parts', { a: { secret: 2 } }],
    ['/own', { kept: 2 }],
  ])('that %s makes is edited whole', async (path, wanted) => {
    const { fetch } = await editing({ body: { secret: 2 } }, secretless);
    expect(await (await fetch(path)).json()).toEqual(wanted);
  });

  test('gets a tag and a coding after it was edited', async () => {
    const body = { secret: 1, text: 'x'.repeat(900) };
    const more = { etag: {}, compress: { minimum: '1B' } };
    const { fetch } = await editing({ body }, secretless, more);
    const headers = { 'accept-encoding': 'gzip' };
    const response = await fetch('/a', { headers });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.json()).toEqual({ text: body.text });
    const etag = response.headers.get('etag')!;
    const again = await fetch('/a', { headers: { ...headers, 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('without bytes stays without', async () => {
    const { fetch } = await editing({ headers: JSON_TYPE, body: '' }, { set: { a: 1 } });
    expect(await (await fetch('/a')).text()).toBe('');
  });
});

describe('an upstream is asked', () => {
  test('for all of the answer, as it is', async () => {
    const { fetch, seen } = await editing({ body: {} }, secretless);
    await fetch('/a', {
      headers: { 'accept-encoding': 'gzip, br', range: 'bytes=0-5', 'if-range': '"1"' },
    });
    const [call] = seen;
    expect(call?.headers['accept-encoding']).toBe('identity');
    expect(call?.headers).not.toHaveProperty('range');
    expect(call?.headers).not.toHaveProperty('if-range');
  });
});

describe('an answer passes untouched', () => {
  test.each<readonly [string, FakeAnswer]>([
    ['text', { headers: { 'content-type': 'text/plain', etag: '"1"' }, body: '{"secret":1}' }],
    ['no type', { body: '{"secret":1}' }],
    [
      'events',
      { headers: { 'content-type': 'text/event-stream' }, body: 'data: {"secret":1}\n\n' },
    ],
    ['lines', { headers: { 'content-type': 'application/x-ndjson' }, body: '{"secret":1}\n' }],
  ])('if it is %s', async (_what, answer) => {
    const { fetch } = await editing(answer, secretless);
    const response = await fetch('/a');
    expect(await response.text()).toBe(answer.body);
    expect(response.headers.get('etag')).toBe(answer.headers?.['etag'] ?? null);
  });

  test('if there is no body: HEAD has no length, 304 the tag that the client knows', async () => {
    const headers = { ...JSON_TYPE, 'content-length': '12', etag: '"1"' };
    const head = await editing({ headers }, secretless);
    const toHead = await head.fetch('/a', { method: 'HEAD' });
    expect([toHead.headers.get('content-length'), toHead.headers.get('etag')]).toEqual([
      null,
      'W/"1"',
    ]);
    const unchanged = await editing({ status: 304, headers: { etag: '"1"' } }, secretless);
    const to304 = await unchanged.fetch('/a', { headers: { 'if-none-match': 'W/"1"' } });
    expect([to304.status, to304.headers.get('etag')]).toEqual([304, 'W/"1"']);
    const none = await editing({ status: 204 }, secretless);
    expect((await none.fetch('/a')).status).toBe(204);
  });

  test('if it is an error of the gateway', async () => {
    const { fetch } = await startGateway({
      config: {
        routes: {
          all: forwardTo('/*', {
            ip: { allow: ['10.0.0.0/8'] },
            body: { response: { remove: ['type'] } },
          }),
        },
      },
      upstreams: { up: () => ({}) },
    });
    expect(await codeOf(await fetch('/a'))).toBe('GW_ADDRESS_DENIED');
  });
});

describe('JSON that cannot be edited is 502:', () => {
  test.each<readonly [string, FakeAnswer]>([
    ['no JSON', { headers: JSON_TYPE, body: '{"secret":' }],
    ['too long', { body: { secret: 'x'.repeat(1_024) } }],
    ['too deep', { headers: JSON_TYPE, body: '['.repeat(129) + ']'.repeat(129) }],
    ['gzip', { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync('{}') }],
    ['a part', { status: 206, headers: JSON_TYPE, body: '{"secret":1}' }],
  ])('%s', async (_what, answer) => {
    const { fetch } = await editing(answer, secretless);
    const response = await fetch('/a');
    const text = await response.text();
    expect([response.status, text.includes('GW_UPSTREAM_INVALID')]).toEqual([502, true]);
    expect(text).not.toContain('secret');
  });

  test('cut off half way', async () => {
    const origin = await startUpstream((_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-length': '100' });
      response.write('{"secret":1,', () => response.destroy());
    });
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [origin], retry: false } },
        routes: { all: forwardTo('/*', { body: { response: secretless } }) },
      },
    });
    const response = await fetch('/a');
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain('secret');
  });

  test('never ended, once its upstream is idle for too long', async () => {
    const origin = await startUpstream((_request, response) => {
      response.writeHead(200, JSON_TYPE).write('{"secret":1,');
    });
    const { fetch } = await startGateway({
      config: {
        upstreams: { up: { targets: [origin], idleTimeout: '100ms', retry: false } },
        routes: { all: forwardTo('/*', { body: { response: secretless } }) },
      },
    });
    const response = await fetch('/a');
    expect([502, 504]).toContain(response.status);
    expect(await response.text()).not.toContain('secret');
  });
});
