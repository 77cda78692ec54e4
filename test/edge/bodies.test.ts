import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, problemCode, receive, request } from '../gateway/support/socket.ts';
import { startRecorder, startUpstream } from '../gateway/support/upstream.ts';

async function relay(more: object = {}, server: object = {}) {
  const upstream = await startRecorder();
  const gateway = await startGateway({
    config: {
      server,
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: forwardTo('/*', more) },
    },
  });
  return { ...gateway, received: upstream.received };
}

const lines = (method: string, ...fields: string[]) => [
  `${method} / HTTP/1.1`,
  'host: a',
  ...fields,
];

describe('bodies of forwarded requests', () => {
  test.each([
    ['application/json', '{"a":'],
    ['application/json ; charset=utf-8', '"text"'],
    ['text/plain; charset=latin1', '\xe9\xe8\xff\x00'],
    ['multipart/form-data; boundary=x', '--x\r\n\r\n1\r\n--x--\r\n'],
    ['application/x-www-form-urlencoded', 'a=%zz&__proto__=1'],
    ['application/octet-stream', gzipSync('hello').toString('latin1')],
    ['\tapplication/json', '{}'],
    ['nonsense', 'abc'],
    ['', 'abc'],
  ])('of type %j arrive byte for byte, unparsed', async (type, body) => {
    const { url, received } = await relay();

    for (const method of ['POST', 'PUT', 'PATCH']) {
      const fields = [`content-type: ${type}`, `content-length: ${body.length}`];
      expect((await request(url, lines(method, ...fields), body)).status).toBe(200);
    }

    expect(received.map((each) => each.body.toString('latin1'))).toEqual([body, body, body]);
    expect(received[0]?.headers['content-length']).toBe(String(body.length));
  });

  test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND'])(
    'are forwarded with %s too',
    async (method) => {
      const { url, received } = await relay();

      await request(url, lines(method, 'content-length: 5'), 'hello');
      await request(
        url,
        lines(method, 'transfer-encoding: chunked'),
        '3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nx-trailer: 1\r\n\r\n',
      );

      expect(received.map(({ body }) => body.toString())).toEqual(['hello', 'abcde']);
      // Short, so it is complete before the upstream is called.
      expect(received[1]?.headers['content-length']).toBe('5');
    },
  );

  test('without content do not count as bodies', async () => {
    const { url, received } = await relay();
    await request(url, lines('POST', 'content-length: 0'));
    await request(url, lines('POST'));
    expect(received.map(({ headers }) => headers['content-length'])).toEqual(['0', '0']);
  });

  test.each([
    ['an unknown coding', ['transfer-encoding: gzip, chunked']],
    ['a coding twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked']],
    ['a coding that is not the last', ['transfer-encoding: chunked, gzip']],
    ['both framings', ['transfer-encoding: chunked', 'content-length: 5']],
    ['two lengths', ['content-length: 5', 'content-length: 6']],
    ['a list of lengths', ['content-length: 5, 5']],
    ['a signed length', ['content-length: +5']],
    ['an odd name', ['transfer-encoding : chunked']],
    ['a folded coding', ['transfer-encoding:', ' chunked']],
  ])('with %s are refused', async (_what, fields) => {
    const { url, received } = await relay();
    const { status } = await request(url, lines('POST', ...fields), '0\r\n\r\n');
    expect([status, received.length]).toEqual([400, 0]);
  });

  test('in chunks are refused over HTTP/1.0, which has no chunks', async () => {
    const { url, received } = await relay();
    const head = ['POST / HTTP/1.0', 'host: a', 'transfer-encoding: chunked'];
    expect((await request(url, head, '0\r\n\r\n')).status).toBe(400);
    expect(received).toEqual([]);
  });
});

describe('the body limit', () => {
  test('is checked against a declared length before anything is called', async () => {
    const { url, received } = await relay({}, { limits: { body: '10B' } });

    const answer = await request(url, lines('POST', 'content-length: 11'), 'hello');

    expect([answer.status, problemCode(answer)]).toEqual([413, 'GW_BODY_TOO_LARGE']);
    expect(received).toEqual([]);
  });

  test('applies to chunks at the byte that exceeds it, and ends the call', async () => {
    let aborted = 0;
    const origin = await startUpstream((incoming) => {
      incoming.resume().once('close', () => (aborted += incoming.complete ? 0 : 1));
    });
    const { gateway, url } = await startGateway({
      config: {
        server: { limits: { body: '100000B' } },
        upstreams: { up: { targets: [origin] } },
        routes: { all: forwardTo('/*') },
      },
    });
    const socket = await open(url);
    socket.write(`${lines('POST', 'transfer-encoding: chunked').join('\r\n')}\r\n\r\n`);
    socket.write(`186a0\r\n${'x'.repeat(100_000)}\r\n`);
    await sleep(50);
    expect(aborted).toBe(0);

    socket.write('1\r\nx\r\n');
    const text = await receive(socket);

    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/connection: close/i);
    await expect.poll(() => aborted).toBe(1);
    // The upstream is not at fault.
    expect(gateway.status().upstreams[0]).toMatchObject({ circuit: 'closed', slots: { used: 0 } });
  });

  test('lets exactly that many bytes pass', async () => {
    const { url, received } = await relay({}, { limits: { body: '10B' } });
    await request(url, lines('POST', 'transfer-encoding: chunked'), 'a\r\n0123456789\r\n0\r\n\r\n');
    await request(url, lines('PUT', 'content-length: 10'), '0123456789');
    expect(received.map(({ body }) => body.length)).toEqual([10, 10]);
  });

  test('of a route replaces the server’s, for GET too', async () => {
    const { url } = await relay({ limits: { body: '3B' } });
    expect((await request(url, lines('GET', 'content-length: 4'), 'abcd')).status).toBe(413);
    expect((await request(url, lines('GET', 'content-length: 3'), 'abc')).status).toBe(200);
  });
});

describe('a body that nobody reads', () => {
  const respond = { match: { path: '/*' }, respond: { body: 'ok' } };

  test('keeps its connection no longer than a client may pause', async () => {
    const { url } = await startGateway({
      config: { server: { limits: { idle: '200ms' } }, routes: { respond } },
    });
    const socket = await open(url);
    socket.write(`${lines('POST', 'content-length: 1000').join('\r\n')}\r\n\r\nabc`);

    const text = await receive(socket);

    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
  });

  test('leaves no bytes on a connection that is kept', async () => {
    const { url } = await relay();
    const socket = await open(url);
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));

    for (let i = 0; i < 20; i++) {
      const answer = receive(socket, (text) => text.endsWith('}'));
      socket.write('POST /\\ HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n');
      expect(parse(await answer).status).toBe(400);
      socket.write('hello');
    }

    expect(warnings).toEqual([]);
  });

  test('keeps the connection if the body is short and arrives soon', async () => {
    const { url } = await startGateway({ config: { routes: { respond } } });
    const socket = await open(url);
    socket.write(`${lines('POST', 'content-length: 3').join('\r\n')}\r\n\r\nabc`);
    await receive(socket, (text) => text.endsWith('ok'));
    socket.write(`${lines('GET').join('\r\n')}\r\n\r\n`);
    expect(await receive(socket, (text) => text.endsWith('ok'))).toMatch(/^HTTP\/1\.1 200 /);
  });
});
