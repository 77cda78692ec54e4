import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, problemCode, receive, request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';

async function relay(more: object = {}) {
  const upstream = await startRecorder();
  const gateway = await startGateway({
    config: {
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: forwardTo('/*', more) },
    },
  });
  return { ...gateway, received: upstream.received };
}

const posting = (...fields: string[]): string[] => ['POST / HTTP/1.1', 'host: a', ...fields];

describe('Expect (RFC 9110 §10.1.1)', () => {
  test('100-continue is answered when the body is first read, and is not passed on', async () => {
    const { url, received } = await relay();
    const socket = await open(url);
    const answers = receive(socket, (text) => text.includes('{}'));

    socket.write(
      `${posting('expect: 100-continue', 'content-length: 5', 'connection: close').join('\r\n')}\r\n\r\n`,
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');

    expect(parse(await answers).status).toBe(200);
    expect(received[0]?.body.toString()).toBe('hello');
    expect(received[0]?.headers.expect).toBeUndefined();
  });

  test('a request that is refused before its body is read is not told to continue', async () => {
    const { url } = await relay({ limits: { body: '4B' } });
    const socket = await open(url);
    socket.write(`${posting('expect: 100-continue', 'content-length: 5').join('\r\n')}\r\n\r\n`);

    const text = await receive(socket);

    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/connection: close/i);
  });

  test.each(['100-continue, other', 'other', '200-ok', '100-continued'])(
    '%s is 417',
    async (value) => {
      const { url, received } = await relay();

      const answer = await request(url, posting(`expect: ${value}`, 'content-length: 5'), 'hello');

      expect([answer.status, problemCode(answer)]).toEqual([417, 'GW_EXPECTATION']);
      expect(received).toEqual([]);
    },
  );

  test('HTTP/1.0 has no expectations: it is ignored', async () => {
    const { url, received } = await relay();

    const lines = ['POST / HTTP/1.0', 'host: a', 'expect: 100-continue', 'content-length: 5'];
    const socket = await open(url);
    socket.write(`${lines.join('\r\n')}\r\n\r\nhello`);
    const text = await receive(socket);

    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(received[0]?.body.toString()).toBe('hello');
  });
});

describe('a foreign Upgrade (RFC 9110 §7.8)', () => {
  test.each([
    ['h2c', ['connection: upgrade, http2-settings', 'http2-settings: AAMAAABk']],
    ['websocket', ['connection: upgrade', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==']],
    ['foo/2', ['connection: upgrade']],
  ])('to %s is served as the plain request it also is', async (protocol, fields) => {
    const { url, received } = await relay();

    const lines = ['GET /a HTTP/1.1', 'host: a', `upgrade: ${protocol}`, ...fields];
    const answer = await request(url, lines);

    expect(answer.status).toBe(200);
    expect(received[0]?.headers).not.toHaveProperty('upgrade');
    expect(received[0]?.headers).not.toHaveProperty('http2-settings');
    expect(received[0]?.headers.connection).toBe('keep-alive');
  });

  test('with a body keeps the body', async () => {
    const { url, received } = await relay();

    const fields = ['upgrade: h2c', 'connection: upgrade', 'content-length: 5'];
    expect((await request(url, posting(...fields), 'hello')).status).toBe(200);

    expect(received[0]?.body.toString()).toBe('hello');
  });

  test('the HTTP/2 preface is answered and the connection closed', async () => {
    const { url } = await relay();
    const socket = await open(url);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(await receive(socket)).toMatch(/^HTTP\/1\.1 (400|501) /);
  });
});

describe('CONNECT', () => {
  test('does not keep its connection, even if the client does', async () => {
    const { url, close } = await relay();
    const socket = await open(url);
    socket.write('CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n');
    expect(await receive(socket)).toMatch(/^HTTP\/1\.1 501 /);

    // Closing waits for every connection, up to 15 s.
    const before = performance.now();
    await close();

    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
