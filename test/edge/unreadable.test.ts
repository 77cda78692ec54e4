import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, problemCode, receive, talk } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';

async function plain(limits: object = {}) {
  const { url } = await startGateway({
    config: { server: { limits }, routes: { all: forwardTo('/*') } },
    upstreams: { up: () => ({ body: 'ok' }) },
  });
  return url;
}

describe('bytes that are not an HTTP request', () => {
  test.each([
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['a name with a space', 'GET / HTTP/1.1\r\nhost: a\r\nbad name: x\r\n\r\n'],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nhost: a\r\nx: a\rb: c\r\n\r\n'],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n'],
    ['a folded field', 'GET / HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n'],
    ['another protocol', 'GET / SIP/2.0\r\nhost: a\r\n\r\n'],
    ['no version', 'GET /\r\nhost: a\r\n\r\n'],
    ['another version', 'GET / HTTP/2.0\r\nhost: a\r\n\r\n'],
    ['a version to come', 'GET / HTTP/3.0\r\nhost: a\r\n\r\n'],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['a method in lower case', 'get / HTTP/1.1\r\nhost: a\r\n\r\n'],
  ])(
    '%s is answered with a problem document, and the connection is closed',
    async (_what, text) => {
      const answer = parse(await talk(await plain(), text));

      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.headers['connection']).toBe('close');
      expect([400, 501]).toContain(answer.status);
      expect(JSON.parse(answer.body)).toMatchObject({
        status: answer.status,
        instance: `urn:request:${answer.headers['x-request-id']}`,
      });
    },
  );

  test('after a valid request do not cost that one its answer', async () => {
    const text = await talk(await plain(), 'GET / HTTP/1.1\r\nhost: a\r\n\r\nGARBAGE\r\n\r\n');

    const answers = text.split(/(?=HTTP\/1\.1 )/);
    expect(answers.map((each) => parse(each).status)).toEqual([200, 501]);
    expect(answers[0]).toContain('ok');
  });

  test('are answered and counted once, however many follow', async () => {
    const origin = await startUpstream((_request, response) => {
      setTimeout(() => response.end('late'), 150);
    });
    const { url, gateway } = await startGateway({
      config: {
        admin: { port: 0 },
        upstreams: { up: { targets: [origin] } },
        routes: { all: forwardTo('/*') },
      },
    });
    const socket = await open(url);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\nGARBAGE\r\n\r\n');
    await sleep(50);
    socket.write('MORE GARBAGE\r\n\r\n');

    const text = await receive(socket);

    const answers = text.split(/(?=HTTP\/1\.1 )/);
    expect(answers.map((each) => parse(each).status)).toEqual([200, 501]);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'portico_errors_total{route="unmatched",code="GW_METHOD_UNSUPPORTED",cause="HPE_INVALID_METHOD"} 1',
    );
  });
});

describe('a body that cannot be read', () => {
  test.each([
    ['a size that is no number', 'ZZ\r\nhello\r\n0\r\n\r\n'],
    ['a chunk longer than it says', '3\r\nhello\r\n0\r\n\r\n'],
    ['an endless extension', `5;${'x'.repeat(40_000)}`],
    ['a bare LF', '5\nhello\n0\n\n'],
    ['a size beyond all bounds', 'fffffffffffffffff\r\nhello'],
  ])('is 400 for %s, and ends the call to the upstream', async (_what, body) => {
    const seen = { requests: 0, aborted: 0 };
    const origin = await startUpstream((request) => {
      seen.requests += 1;
      request.resume().once('close', () => (seen.aborted += request.complete ? 0 : 1));
    });
    const { url } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    await sleep(30);

    socket.write(body);
    const answer = parse(await receive(socket));

    expect([400, 413]).toContain(answer.status);
    expect(['GW_REQUEST_INVALID', 'GW_BODY_TOO_LARGE']).toContain(problemCode(answer));
    await expect.poll(() => seen.aborted).toBe(seen.requests);
  });

  test('is 400 after a request that is answered first', async () => {
    const origin = await startUpstream((request, response) => {
      if (request.method === 'GET') setTimeout(() => response.end('late'), 100);
      else request.resume();
    });
    const { url, gateway } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n');

    const text = await receive(socket);

    const answers = text.split(/(?=HTTP\/1\.1 )/);
    expect(answers.map((each) => parse(each).status)).toEqual([200, 400]);
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });

  test('ends the connection if the answer has begun', async () => {
    const origin = await startUpstream((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-length': 10 }).write('12345');
    });
    const { url } = await startGateway({
      config: { upstreams: { up: { targets: [origin] } }, routes: { all: forwardTo('/*') } },
    });
    const socket = await open(url);
    // More than is collected before the upstream is called.
    const body = `${(70_000).toString(16)}\r\n${'x'.repeat(70_000)}\r\n`;
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n${body}`);
    const text = receive(socket);
    await sleep(200);

    socket.write('ZZ\r\n');

    expect(await text).toMatch(/^HTTP\/1\.1 200 OK[^]*\r\n\r\n12345$/);
  });
});

describe('a head that does not come', () => {
  test.each([
    ['at all', ''],
    ['to its end', 'GET / HTTP/1.1\r\nhost: a\r\nx-slow: '],
  ])('%s is 408 after headersTimeout', async (_what, text) => {
    const url = await plain({ headersTimeout: '300ms' });
    const socket = await open(url);
    const before = performance.now();
    socket.write(text);

    const answer = parse(await receive(socket));

    expect([answer.status, problemCode(answer)]).toEqual([408, 'GW_REQUEST_TIMEOUT']);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test('is cut off even if it drips', async () => {
    const socket = await open(await plain({ headersTimeout: '300ms' }));
    socket.write('GET / HTTP/1.1\r\n');
    const drip = setInterval(() => socket.write('x: y\r\n'), 50);

    const answer = parse(await receive(socket));
    clearInterval(drip);

    expect(answer.status).toBe(408);
  });
});

describe('a body that does not come', () => {
  test('is 408 after idle, and ends the call', async () => {
    let aborted = false;
    const origin = await startUpstream((request) => {
      request.resume().once('close', () => (aborted = true));
    });
    const { url, gateway } = await startGateway({
      config: {
        server: { limits: { idle: '200ms' } },
        upstreams: { up: { targets: [origin] } },
        routes: { all: forwardTo('/*') },
      },
    });

    const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n';
    const answer = parse(await talk(url, `${head}12345`));

    expect([answer.status, problemCode(answer)]).toEqual([408, 'GW_REQUEST_TIMEOUT']);
    await expect.poll(() => aborted).toBe(true);
    expect(gateway.status().upstreams[0]).toMatchObject({ circuit: 'closed', slots: { used: 0 } });
  });
});
