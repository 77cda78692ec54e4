/** `body.request`: what upstreams get of a client's body, and which bodies are refused. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { FakeAnswer, FakeRequest } from '../../../src/testing.ts';
import { codeOf, forwardTo, startGateway } from '../../gateway/support/gateway.ts';
import { hmacToken, now } from '../issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';

async function editing(request: object, more: object = {}, up?: () => FakeAnswer) {
  const bodies: string[] = [];
  const gateway = await startGateway({
    config: {
      plugins: {
        jwt: { issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } } },
      },
      routes: { all: forwardTo('/o/{id}', { body: { request, maxBody: '1KiB' }, ...more }) },
    },
    upstreams: {
      up: async (call: FakeRequest) => {
        bodies.push(await call.text());
        return up?.() ?? { body: {} };
      },
    },
  });
  const post = (body: RequestInit['body'], headers: Record<string, string> = {}, path = '/o/7') =>
    gateway.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body ?? null,
      duplex: 'half',
    });
  return { ...gateway, post, bodies };
}

describe('a JSON body', () => {
  test('reaches the upstream edited, with its length and without hashes of other bytes', async () => {
    const { post, bodies, seen } = await editing({
      set: { 'meta.source': 'gateway' },
      remove: ['admin'],
      rename: { 'user.mail': 'email' },
    });
    const response = await post('{"user":{"mail":"ä@b"},"admin":true}', {
      'content-type': 'application/merge-patch+json; charset=utf-8',
      'content-md5': 'x',
      digest: 'x',
      'content-digest': 'x',
      'repr-digest': 'x',
    });
    expect(response.status).toBe(200);
    expect(bodies).toEqual(['{"user":{"email":"ä@b"},"meta":{"source":"gateway"}}']);
    const [{ headers }] = seen as [FakeRequest];
    expect(headers['content-length']).toBe(String(Buffer.byteLength(bodies[0]!)));
    expect(headers['content-type']).toBe('application/merge-patch+json; charset=utf-8');
    for (const name of ['content-md5', 'digest', 'content-digest', 'repr-digest']) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  test('keeps the digits of its numbers', async () => {
    const { post, bodies } = await editing({ set: { a: 1 } });
    await post('{"id":12345678901234567890,"price":1.10,"big":1e400}');
    expect(bodies).toEqual(['{"id":12345678901234567890,"price":1.10,"big":1e400,"a":1}']);
  });

  test('of unknown length is edited as well', async () => {
    const { post, bodies } = await editing({ set: { a: 1 } });
    const chunks = ['{"b"', ':2', '}'].map((text) => Buffer.from(text));
    expect((await post(ReadableStream.from(chunks) as never)).status).toBe(200);
    expect(bodies).toEqual(['{"b":2,"a":1}']);
  });

  test('is sent edited by each attempt', async () => {
    const answers = [{ status: 503 }, { status: 200 }];
    const { fetch, bodies } = await editing({ set: { a: 1 } }, {}, () => answers.shift()!);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch('/o/7', { method: 'PUT', headers, body: '{}' })).status).toBe(200);
    expect(bodies).toEqual(['{"a":1}', '{"a":1}']);
  });

  test('is edited after a schema has looked at it', async () => {
    const { post, bodies } = await editing(
      { set: { a: 1 } },
      { validate: { body: { type: 'object', required: ['b'] } } },
    );
    expect((await post('{"a":5}')).status).toBe(400);
    expect((await post('{"b":5}')).status).toBe(200);
    expect(bodies).toEqual(['{"b":5,"a":1}']);
  });

  test('that others send at the same time stays apart', async () => {
    const { post, bodies } = await editing({ set: { id: '{id}', 'x.y': { z: 1 } } });
    const ids = Array.from({ length: 20 }, (_, i) => i);
    await Promise.all(ids.map((id) => post(`{"n":${id}}`, {}, `/o/${id}`)));
    expect(bodies.toSorted()).toEqual(
      ids.map((id) => `{"n":${id},"id":"${id}","x":{"y":{"z":1}}}`).toSorted(),
    );
  });
});

describe('a value that is filled', () => {
  const filled = { who: '{claim.sub}', at: 'order {id} of {client.address}', q: '{query.q}' };

  test('is what the request has, whatever characters that are', async () => {
    const { post, bodies } = await editing({ set: filled }, { jwt: { issuer: 'own' } });
    const sub = '"},{"admin":true, ä\n';
    const token = hmacToken(SECRET, { iss: 'own', exp: now() + 60, sub });
    await post('{"who":"root"}', { authorization: `Bearer ${token}` }, '/o/7?q=%22%7B%7D');
    expect(JSON.parse(bodies[0]!)).toEqual({
      who: sub,
      at: 'order 7 of 127.0.0.1',
      q: '"{}',
    });
  });

  test('is absent if the request has none, whatever the client sends', async () => {
    const { post, bodies } = await editing(
      { set: filled },
      { jwt: { issuer: 'own', optional: true } },
    );
    await post('{"who":"root","q":1}');
    expect(bodies).toEqual(['{"at":"order 7 of 127.0.0.1"}']);
  });
});

describe('a request without a body', () => {
  test.each(['GET', 'HEAD', 'DELETE', 'POST'])('by %s passes', async (method) => {
    const { fetch, bodies } = await editing({ set: { a: 1 } });
    expect((await fetch('/o/7', { method })).status).toBe(200);
    expect(bodies).toEqual(['']);
  });
});

describe('a body that cannot be edited is refused:', () => {
  const deep = '['.repeat(65) + ']'.repeat(65);
  test.each<readonly [string, string | Buffer, Record<string, string>, number, string]>([
    ['no JSON', '{"a":', {}, 400, 'GW_REQUEST_INVALID'],
    ['a key twice', '{"a":1,"a":2}', {}, 400, 'GW_REQUEST_INVALID'],
    ['a prototype', '{"__proto__":{"a":1}}', {}, 400, 'GW_REQUEST_INVALID'],
    ['a hidden one', '{"\\u005f_proto__":{}}', {}, 400, 'GW_REQUEST_INVALID'],
    ['too deep', deep, {}, 400, 'GW_REQUEST_INVALID'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400, 'GW_REQUEST_INVALID'],
    ['no place', '[1]', {}, 400, 'GW_REQUEST_INVALID'],
    [
      'a form',
      'a=1',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'GW_MEDIA_TYPE',
    ],
    ['lines', '{}\n{}', { 'content-type': 'application/x-ndjson' }, 415, 'GW_MEDIA_TYPE'],
    ['UTF-16', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'GW_MEDIA_TYPE'],
    ['gzip', gzipSync('{}'), { 'content-encoding': 'gzip' }, 415, 'GW_MEDIA_TYPE'],
    ['too long', `"${'x'.repeat(1_024)}"`, {}, 413, 'GW_BODY_TOO_LARGE'],
  ])('%s', async (_what, body, headers, status, code) => {
    const { post, bodies } = await editing({ set: { a: 1 } });
    const response = await post(body as never, headers);
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
    expect(bodies).toEqual([]);
  });

  test('too long, without saying so', async () => {
    const { post, bodies } = await editing({ set: { a: 1 } });
    const chunks = Array.from({ length: 20 }, () => Buffer.alloc(100, 0x20));
    const response = await post(ReadableStream.from(chunks) as never);
    expect([response.status, await codeOf(response)]).toEqual([413, 'GW_BODY_TOO_LARGE']);
    expect(bodies).toEqual([]);
  });
});

test('a body without an end is refused once it is too long', async () => {
  const { post, bodies } = await editing({ set: { a: 1 } });
  const endless = new ReadableStream({
    start: (controller) => controller.enqueue(Buffer.alloc(1_025, 0x20)),
  });
  const response = await post(endless as never);
  expect([response.status, await codeOf(response)]).toEqual([413, 'GW_BODY_TOO_LARGE']);
  expect(bodies).toEqual([]);
});

test('a client that leaves in the middle calls nobody, and the next one is served', async () => {
  const { post, bodies, url } = await editing({ set: { a: 1 } });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    'POST /o/7 HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"b"',
  );
  await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  await once(socket, 'close');
  expect((await post('{}')).status).toBe(200);
  expect(bodies).toEqual(['{"a":1}']);
});
