/** What an upstream may write over HTTP/1.1, byte by byte, and how the gateway reads it. */
import { describe, expect, test } from 'vitest';
import type { UpstreamConfig } from '../../src/config/build/config.ts';
import { blamesUpstream } from '../../src/core/errors.ts';
import { destination } from '../../src/upstream/destination.ts';
import { around, aRequest } from '../helpers/call.ts';
import { chainTo, leafTo } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, startUpstream, startWire } from '../helpers/upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** The outcome of one call to an upstream that writes `answer`. */
async function answerTo(answer: string, fields: Partial<UpstreamConfig> = {}, method = 'GET') {
  const upstream = await startWire((socket) => void socket.write(answer, 'latin1'));
  const { call } = leafTo(upstream.url, { ...fields, connections: 1 });
  const outcome = async (): Promise<string> => {
    try {
      const { status, body } = await call(aRequest({ method }));
      return `${status} ${(await body.bytes(1_000)).toString()}`;
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code} ${blamesUpstream(error) ? 'blamed' : 'not blamed'}: ${message}`;
    }
  };
  return { upstream, outcome };
}

describe('an unsolicited informational response', () => {
  test.each([
    ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['100 with fields', 'HTTP/1.1 100 Go on\r\nx-a: b\r\nserver: odd\r\n\r\n'],
    ['many of them', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50)],
    ['102 Processing', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['103 Early Hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['199', 'HTTP/1.1 199 Odd\r\n\r\n'],
    ['100 of HTTP/1.0', 'HTTP/1.0 100 Continue\r\n\r\n'],
    ['100 that says close', 'HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\n'],
  ])('is dropped, and the response after it is read: %s', async (_what, informational) => {
    for (const method of ['GET', 'POST', 'HEAD']) {
      const answer = method === 'HEAD' ? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n' : OK;
      const { outcome, upstream } = await answerTo(informational + answer, {}, method);
      const expected = method === 'HEAD' ? '200 ' : '200 ok';
      expect([await outcome(), await outcome()]).toEqual([expected, expected]);
      if (method !== 'HEAD') expect(upstream.connections).toBe(1);
    }
  });

  test('that switches to another protocol is an error', async () => {
    const upgrade = 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n';
    const { outcome } = await answerTo(upgrade + OK);
    expect(await outcome()).toMatch(/^GW_UPSTREAM_PROTOCOL/);
  });
});

describe('a status line', () => {
  test.each(['HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'HTTP/3.0', 'HTTP/2', 'ICY', 'http/1.1'])(
    'with %s is an error',
    async (version) => {
      const { outcome } = await answerTo(OK.replace('HTTP/1.1', version));
      expect(await outcome()).toBe('GW_UPSTREAM_PROTOCOL blamed: the answer is not valid HTTP');
    },
  );

  test('with HTTP/1.0 is valid', async () => {
    const { outcome } = await answerTo(OK.replace('HTTP/1.1', 'HTTP/1.0'));
    expect(await outcome()).toBe('200 ok');
  });
});

describe('a transfer coding', () => {
  const CHUNKS = '2\r\nok\r\n0\r\n\r\n';
  const head = (...fields: string[]): string =>
    ['HTTP/1.1 200 OK', ...fields, '', CHUNKS].join('\r\n');

  test.each(['chunked', 'Chunked', ' chunked '])('of %j is decoded', async (coding) => {
    const { outcome } = await answerTo(head(`transfer-encoding:${coding}`));
    expect(await outcome()).toBe('200 ok');
  });

  test.each([
    [['transfer-encoding: gzip, chunked']],
    [['transfer-encoding: gzip', 'transfer-encoding: chunked']],
    [['transfer-encoding: chunked, chunked']],
    [['transfer-encoding: chunked, gzip']],
    [['transfer-encoding: identity']],
    [['transfer-encoding: gzip']],
    [['transfer-encoding: ']],
    [['transfer-encoding: chunked;q=1']],
    [['transfer-encoding: chunked', 'content-length: 2']],
    [['content-length: 2', 'transfer-encoding: chunked']],
    [['content-length: 2', 'content-length: 3']],
    [['content-length: 2, 3']],
    [['content-length: +2']],
  ])('or length that is ambiguous is an error: %j', async (fields) => {
    const { outcome } = await answerTo(head(...fields));
    expect(await outcome()).toMatch(/^GW_UPSTREAM_PROTOCOL blamed/);
  });

  test.each([
    ['204', 'HTTP/1.1 204 No\r\ntransfer-encoding: chunked\r\n\r\n', '204 '],
    ['304', 'HTTP/1.1 304 No\r\ntransfer-encoding: chunked\r\n\r\n', '304 '],
    [
      'HTTP/1.0',
      'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n' + CHUNKS,
      '200 ok',
    ],
  ])('of %s closes the connection', async (_what, answer, expected) => {
    const { outcome, upstream } = await answerTo(answer);
    expect([await outcome(), await outcome()]).toEqual([expected, expected]);
    expect(upstream.connections).toBe(2);
  });
});

describe('the head of an answer', () => {
  const OVER =
    'GW_UPSTREAM_HEADERS not blamed: the response head is over the limit (limits.headers)';
  const withCookie = (length: number): string =>
    `HTTP/1.1 200 OK\r\nset-cookie: ${'a'.repeat(length)}\r\ncontent-length: 2\r\n\r\nok`;

  test('may have 64 KiB, whatever Node.js’s flags say', async () => {
    expect(await (await answerTo(withCookie(60_000))).outcome()).toBe('200 ok');
    expect(await (await answerTo(withCookie(66_000))).outcome()).toBe(OVER);
  });

  test('may be as long as limits.headers says', async () => {
    const fields = { headersBytes: 2_048 };
    expect(await (await answerTo(withCookie(1_900), fields)).outcome()).toBe('200 ok');
    expect(await (await answerTo(withCookie(2_100), fields)).outcome()).toBe(OVER);
    const many = `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(600)}\r\n`;
    expect(await (await answerTo(many, fields)).outcome()).toBe(OVER);
  });

  test('that is too long opens no circuit and ejects no target', async () => {
    const upstream = await startWire((socket) => void socket.write(withCookie(70_000)));
    const breaker = { kind: 'consecutive', failures: 1, openMs: 5_000, probes: 1 } as const;
    const outlier = { consecutive: 1, ejectMs: 30_000, maxEjected: 1 };
    const handle = ['connect', 'reset', 'timeout', 'invalid', 'cut', '5xx'] as const;
    const { call, state } = chainTo(upstream.url, {
      breaker: { ...breaker, handle },
      outlier,
    });
    for (let i = 0; i < 3; i++) {
      await expect(call(aRequest())).rejects.toMatchObject({ code: 'GW_UPSTREAM_HEADERS' });
    }
    expect(state.circuit?.state).toBe('closed');
    expect(upstream.hits).toBe(3);
  });

  test('is limited apart from its trailers, which have the same limit', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n';
    const { outcome } = await answerTo(`${head}x-a: ${'a'.repeat(70_000)}\r\n\r\n`);
    expect(await outcome()).toBe(OVER);
  });
});

describe('an idle connection', () => {
  /** Is it still open `ms` after an answer, with these fields? */
  async function isOpenAfter(ms: number, fields: Partial<UpstreamConfig>, told = '') {
    const { outcome, upstream } = await answerTo(OK.replace('\r\n\r\n', `\r\n${told}\r\n`), fields);
    expect(await outcome()).toBe('200 ok');
    await new Promise((resolve) => setTimeout(resolve, ms));
    return upstream.open === 1;
  }

  test('is kept for as long as keepAlive says', async () => {
    expect(await isOpenAfter(300, { keepAliveMs: 100 })).toBe(false);
    expect(await isOpenAfter(300, { keepAliveMs: 60_000 })).toBe(true);
  });

  test('is closed after each answer with 0', async () => {
    const { outcome, upstream } = await answerTo(OK, { keepAliveMs: 0 });
    expect([await outcome(), await outcome()]).toEqual(['200 ok', '200 ok']);
    expect(upstream.connections).toBe(2);
    await eventually(() => upstream.open === 0);
  });

  test('is kept for as long as its upstream says, minus a second', async () => {
    expect(await isOpenAfter(300, { keepAliveMs: 100 }, 'keep-alive: timeout=60\r\n')).toBe(true);
    expect(await isOpenAfter(300, { keepAliveMs: 60_000 }, 'keep-alive: timeout=1\r\n')).toBe(
      false,
    );
    expect(await isOpenAfter(1_500, { keepAliveMs: 60_000 }, 'Keep-Alive: timeout=2\r\n')).toBe(
      false,
    );
  });

  /** An upstream that ends each connection at its second request, without an answer. */
  async function closing(how: 'end' | 'resetAndDestroy', before = '') {
    const seen = new WeakSet<object>();
    return startWire((socket) => {
      if (!seen.has(socket)) socket.write(OK);
      else if (how === 'end') socket.end(before);
      else socket.resetAndDestroy();
      seen.add(socket);
    });
  }

  test.each(['end', 'resetAndDestroy'] as const)(
    'that its upstream closes (%s) while it is used is no error for a repeatable request',
    async (how) => {
      const upstream = await closing(how);
      const { call, state } = leafTo(upstream.url, { connections: 1 });
      for (const method of ['GET', 'DELETE', 'PUT', 'GET']) {
        const request = aRequest({ method });
        const { status, body } = await call(request);
        await body.dump();
        expect(status).toBe(200);
      }
      expect(upstream.hits).toBe(7);
      expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0, load: 0 });
    },
  );

  test('that its upstream closes does not lose a kept body', async () => {
    const upstream = await closing('end');
    const { call } = leafTo(upstream.url, { connections: 1 });
    await (await call(aRequest())).body.dump();
    const { upload, client } = sending({ keepBytes: 100 });
    client.end('body');
    const answer = await call(aRequest({ method: 'PUT', body: upload }));
    expect(answer.status).toBe(200);
    await answer.body.dump();
  });

  test('that its upstream closes is an error for a request that may have been processed', async () => {
    const upstream = await closing('end');
    const { call } = leafTo(upstream.url, { connections: 1 });
    await (await call(aRequest())).body.dump();
    await expect(call(aRequest({ method: 'POST' }))).rejects.toMatchObject({
      code: 'GW_UPSTREAM_RESET',
    });
  });

  test('that ends within an answer, or before the first one, is an error', async () => {
    const half = await closing('end', 'HTTP/1.1 200 OK\r\nx-a: b\r\nx-');
    const { call } = leafTo(half.url, { connections: 1 });
    await (await call(aRequest())).body.dump();
    await expect(call(aRequest())).rejects.toMatchObject({ code: 'GW_UPSTREAM_RESET' });
    const never = await startWire((socket) => void socket.end());
    const fresh = leafTo(never.url);
    await expect(fresh.call(aRequest())).rejects.toMatchObject({ code: 'GW_UPSTREAM_RESET' });
    expect(never.hits).toBe(1);
  });
});

describe('Via', () => {
  test('is sent to upstreams, except with `via: false`', async () => {
    const seen: unknown[] = [];
    const upstream = await startUpstream(({ headers }, response) => {
      seen.push(headers.via, headers['x-a']);
      response.end();
    });
    const headers = { via: '1.0 theirs, 1.1 portico', 'x-a': 'b' };
    for (const via of [true, false]) {
      const { call } = leafTo(upstream.url);
      const sent = around(
        destination({ upstream: 'orders', host: 'target', via, keyOf: undefined }),
      )(call);
      await (await sent(aRequest({ headers }))).body.dump();
    }
    expect(seen).toEqual(['1.0 theirs, 1.1 portico', 'b', undefined, 'b']);
    expect(headers.via).toBe('1.0 theirs, 1.1 portico');
  });
});

describe('TE: trailers', () => {
  test('is named in Connection, which names nothing without it (RFC 9110 §10.1.4)', async () => {
    const seen: string[] = [];
    const upstream = await startUpstream(({ rawHeaders, headers }, response) => {
      seen.push(`${String(headers.te)} ${headers.connection}`);
      response.end(String(rawHeaders.length));
    });
    const { call } = leafTo(upstream.url, { connections: 1 });
    for (const headers of [{ te: 'trailers' }, {}, { te: 'trailers' }]) {
      await (await call(aRequest({ headers }))).body.dump();
    }
    const named = 'trailers keep-alive, TE';
    expect(seen).toEqual([named, 'undefined keep-alive', named]);
  });
});
