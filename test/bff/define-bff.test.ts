import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { codeOf, type Problem } from '../gateway/support/gateway.ts';
import { open, parse, problemCode, receive, request } from '../gateway/support/socket.ts';
import { mounted } from './mounted.ts';

describe('an answer', () => {
  test('is trimmed to what its schema names, at any depth, nullable or not', async () => {
    const { fetch } = await mounted();
    const response = await fetch('/m/trimmed');
    expect(await response.json()).toEqual({ a: 'x', d: { b: 'y', list: [{ c: 1 }] } });
  });

  test('that does not fit its schema is 500, and says nothing of it', async () => {
    const { fetch } = await mounted();
    const response = await fetch('/m/unfit');
    expect([response.status, await response.clone().text()]).toEqual([
      500,
      expect.not.stringMatching(/secret|required/),
    ]);
    expect(await codeOf(response)).toBe('GW_INTERNAL');
  });

  test('of a status without a schema is 500: it would go out whole', async () => {
    const { fetch } = await mounted();
    const response = await fetch('/m/untold');
    expect([response.status, await response.text()]).toEqual([
      500,
      expect.not.stringContaining('secret'),
    ]);
  });

  test('is HEAD for HEAD', async () => {
    const { url } = await mounted();
    const get = await request(url, ['GET /m/trimmed HTTP/1.1', 'host: a']);
    const head = await request(url, ['HEAD /m/trimmed HTTP/1.1', 'host: a']);
    expect([head.status, head.body]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  test('may be an error of the table', async () => {
    const { fetch } = await mounted();
    const response = await fetch('/m/gone');
    expect([response.status, await codeOf(response)]).toEqual([410, 'GW_GONE']);
  });
});

describe('a request', () => {
  test('is checked, and what was read of it is typed', async () => {
    const { fetch } = await mounted();
    expect(await (await fetch('/m/checked/7?limit=3')).json()).toEqual({ id: 7, limit: 3 });
    expect(await (await fetch('/m/checked/7')).json()).toEqual({ id: 7, limit: 5 });
    expect((await fetch('/m/checked/x')).status).toBe(400);
    expect((await fetch('/m/checked/7?limit=11')).status).toBe(400);
  });

  test('whose body does not fit is 400, with a pointer to each fault', async () => {
    const { fetch, calls } = await mounted();
    const body = JSON.stringify({ lines: [{ product: 1, quantity: 0 }], 'odd/key~': 1 });
    const headers = { 'content-type': 'application/json' };

    const response = await fetch('/m/orders', { method: 'POST', headers, body });

    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as Problem;
    expect(errors?.map(({ pointer }) => pointer)).toEqual([
      '/lines/0/product',
      '/lines/0/quantity',
      '/odd~1key~0',
    ]);
    expect(calls).toEqual([]);
  });

  test.each([
    ['{"lines":', 'application/json', 400],
    ['', 'application/json', 400],
    ['{"__proto__":{}}', 'application/json', 400],
    ['{}', 'application/json', 400],
    ['<a/>', 'application/xml', 415],
    ['{}', '\tapplication/json', 400],
    ['{}', 'application/json;;', 400],
    [`{"a":"${'x'.repeat(200)}"}`, 'application/json', 413],
  ])('with the body %s of type %j is %i', async (body, type, status) => {
    const { url } = await mounted({}, { limits: { body: '100B' } });
    const lines = ['POST /m/orders HTTP/1.1', 'host: a', `content-type: ${type}`];
    const whole = await request(url, [...lines, `content-length: ${body.length}`], body);
    const chunks = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
    const chunked = await request(
      url,
      [...lines, 'transfer-encoding: chunked'],
      `${chunks}0\r\n\r\n`,
    );
    expect([whole.status, chunked.status]).toEqual([status, status]);
    expect(whole.headers['content-type']).toBe('application/problem+json');
  });

  test('sends its body on as JSON, with what the part says', async () => {
    const { fetch, calls } = await mounted({ items: () => ({ body: { id: 'o1', secret: 1 } }) });
    const lines = [{ product: 'p1', quantity: 2 }];

    const response = await fetch('/m/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'x', 'accept-language': 'de' },
      body: JSON.stringify({ lines }),
    });

    expect([response.status, await response.json()]).toEqual([201, { id: 'o1', lines: 1 }]);
    const [call] = calls;
    expect([call?.method, call?.path, call?.query]).toEqual([
      'POST',
      '/orders',
      '?dry=true&text=a%26b',
    ]);
    expect(Buffer.from(call?.body as Uint8Array).toString()).toBe(JSON.stringify({ lines }));
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-own': '1',
      accept: 'application/json',
      'accept-language': 'de',
      'x-request-id': response.headers.get('x-request-id'),
    });
    expect(call?.headers).not.toHaveProperty('authorization');
  });

  test('that expects 100-continue is told so when its body is read', async () => {
    const { url } = await mounted({ items: () => ({ body: { id: 'o1' } }) });
    const body = '{"lines":[{"product":"p","quantity":1}]}';
    const socket = await open(url);
    const lines = ['content-type: application/json', `content-length: ${body.length}`];
    socket.write(
      `${['POST /m/orders HTTP/1.1', 'host: a', 'expect: 100-continue', ...lines].join('\r\n')}\r\n\r\n`,
    );
    expect(await receive(socket, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 100 /);
    socket.write(body);
    const answer = await receive(socket, (text) => text.includes('}'));
    expect(parse(answer).status).toBe(201);
  });

  test('whose body does not come is 408', async () => {
    const { url } = await mounted({}, {}, { limits: { idle: '100ms' } });
    const answer = await request(
      url,
      [
        'POST /m/orders HTTP/1.1',
        'host: a',
        'content-type: application/json',
        'content-length: 50',
      ],
      '{"lines"',
    );
    expect([answer.status, problemCode(answer)]).toEqual([408, 'GW_REQUEST_TIMEOUT']);
  });

  test('that leaves with a body nobody reads does no harm', async () => {
    const { url, fetch } = await mounted({ items: () => new Promise(() => {}) });
    const socket = await open(url);
    socket.write('GET /m/items/1 HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\nabc');
    await sleep(50);
    socket.destroy();
    await sleep(50);
    expect((await fetch('/m/trimmed')).status).toBe(200);
  });
});

describe('the path', () => {
  test('is what stands below the mount, decoded once', async () => {
    const { url, calls } = await mounted({ items: () => ({ body: { id: '1', name: 'n' } }) });
    const ask = async (path: string) =>
      (await request(url, [`GET ${path} HTTP/1.1`, 'host: a'])).status;
    expect(await ask('/m/items/a%20b%3F')).toBe(200);
    expect(await ask('/m/items/%252e%252e')).toBe(200);
    expect(await ask('/x/../m//items/./c')).toBe(200);
    expect(calls.map(({ path }) => path)).toEqual([
      '/items/a%20b%3F',
      '/items/%252e%252e',
      '/items/c',
    ]);
  });

  test('that is no UTF-8 is 400, and tells nothing of the inside', async () => {
    const { url } = await mounted();
    const answer = await request(url, ['GET /m/items/%FF HTTP/1.1', 'host: a']);
    expect([answer.status, problemCode(answer)]).toEqual([400, 'GW_REQUEST_INVALID']);
    expect(answer.body).not.toMatch(/@|FST_|mobile/);
  });
});
