import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { bodyOf, startRecorder, startUpstream } from '../gateway/support/upstream.ts';
import { answerOf, ask, fetchH2, openH2 } from '../helpers/h2-client.ts';
import { ask as askHttp1 } from '../helpers/secure-client.ts';
import { pair } from './gateway.ts';

/** A gateway in front of a real upstream. */
async function before(listener: RequestListener | string, server: object = {}, route: object = {}) {
  const origin = typeof listener === 'string' ? listener : await startUpstream(listener);
  const gateway = await startGateway({
    config: {
      server: { tls: pair('server'), ...server },
      upstreams: { up: { targets: [origin], connections: 200, bulkhead: { concurrency: 200 } } },
      routes: {
        all: forwardTo('/*', route),
        here: { match: { path: '/here' }, respond: { status: 200, body: { here: true } } },
      },
    },
  });
  return { ...gateway, session: await openH2(gateway.url) };
}

describe('a request over HTTP/2', () => {
  test('is forwarded as any other, without the names of its own', async () => {
    const upstream = await startRecorder();
    const { session } = await before(upstream.url);
    const answer = await fetchH2(session, {
      ':path': '/a/./b?c=d',
      cookie: ['a=1', 'b=2'],
      'x-forwarded-for': '6.6.6.6',
    });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe('{}');
    expect(answer.headers['via']).toBe('1.1 portico');
    const [received] = upstream.received;
    const host = session.originSet?.[0]?.replace('https://', '') ?? '';
    expect(received?.url).toBe('/a/b?c=d');
    expect(received?.headers).toEqual({
      host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown,
      connection: expect.any(String) as unknown,
      te: 'trailers',
      cookie: 'a=1; b=2',
      via: '1.1 portico',
      forwarded: `for=127.0.0.1;host="${host}";proto=https`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-proto': 'https',
      'x-request-id': answer.headers['x-request-id'],
    });
  });

  test('has HTTP/1.1 beside it on the same port', async () => {
    const { url } = await before((_request, response) => response.end('old'));
    expect((await askHttp1(url)).body).toBe('old');
    expect((await askHttp1(url, { ALPNProtocols: ['http/1.1'] })).body).toBe('old');
    expect((await askHttp1(url, { ALPNProtocols: [] })).body).toBe('old');
  });

  test.each([
    ['with its length', 5],
    ['without it', undefined],
  ])('brings its body %s', async (_how, length) => {
    const upstream = await startRecorder();
    const { session } = await before(upstream.url);
    const headers = { ':method': 'POST', ...(length && { 'content-length': length }) };
    const answer = await fetchH2(session, headers, 'hello');
    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.body.toString()).toBe('hello');
    expect(upstream.received[0]?.headers['content-length']).toBe('5');
  });

  test('GET has no body', async () => {
    const upstream = await startRecorder();
    const { session } = await before(upstream.url);
    await fetchH2(session, {});
    expect(upstream.received[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  test('HEAD and 204 come without a body, and count as answered', async () => {
    const { session, gateway } = await before((request, response) => {
      if (request.method === 'HEAD') response.setHeader('content-length', 5).end();
      else response.writeHead(204).end();
    });
    const head = await fetchH2(session, { ':method': 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '5', 0]);
    expect((await fetchH2(session, { ':path': '/none' })).status).toBe(204);
    await expect.poll(() => gateway.status().inflight).toBe(0);
  });

  test.each(['0', '5'])('204 loses the length %s, which it must not have', async (length) => {
    const { session } = await before((_request, response) => {
      response.writeHead(204, { 'content-length': length }).end();
    });
    const { status, headers } = await fetchH2(session, {});
    expect([status, headers['content-length']]).toEqual([204, undefined]);
  });

  test('gets trailers passed on, and their names before them', async () => {
    const { session } = await before((_request, response) => {
      response.writeHead(200, { trailer: 'x-sum' }).write('body');
      response.addTrailers({ 'x-sum': '42' });
      response.end();
    });
    const answer = await fetchH2(session, {});
    expect(answer.body.toString()).toBe('body');
    expect(answer.trailers['x-sum']).toBe('42');
    expect(answer.headers['trailer']).toBe('x-sum');
  });

  test('gets nothing of the connection before', async () => {
    const { session } = await before((_request, response) => {
      response
        .writeHead(200, {
          connection: 'keep-alive, x-own',
          'x-own': '1',
          'keep-alive': 'timeout=5',
        })
        .write('a');
      response.end('b');
    });
    const { headers, body } = await fetchH2(session, {});
    expect(body.toString()).toBe('ab');
    for (const name of ['connection', 'x-own', 'keep-alive', 'transfer-encoding']) {
      expect(headers[name]).toBeUndefined();
    }
  });

  test('gets fields as they are, lists among them', async () => {
    const { session } = await before((_request, response) => {
      response.writeHead(200, { 'x-name': 'caf\u00e9', 'set-cookie': ['a=1', 'b=2'] }).end('x');
    });
    const { headers } = await fetchH2(session, {});
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(headers['x-name']).toBe('caf\u00e9');
  });

  test('gets 100 Continue when its body is wanted', async () => {
    const upstream = await startRecorder();
    const { session } = await before(upstream.url);
    const stream = ask(session, { ':method': 'POST', expect: '100-continue' });
    await once(stream, 'continue');
    stream.end('hello');
    expect((await answerOf(stream)).status).toBe(200);
    expect(upstream.received[0]?.body.toString()).toBe('hello');
    expect((await fetchH2(session, { expect: 'more' })).status).toBe(417);
  });

  test('is refused with a document where it is wrong', async () => {
    const { session } = await before((_request, response) => response.end());
    const code = async (headers: object): Promise<string> => {
      const { status, body } = await fetchH2(session, { ...headers });
      const { type } = JSON.parse(body.toString()) as { readonly type: string };
      return `${status} ${type.replace('urn:portico:error:', '')}`;
    };
    expect(await code({ ':path': '/a%00' })).toBe('400 GW_REQUEST_INVALID');
    expect(await code({ ':authority': 'a.example', host: 'b.example' })).toBe(
      '400 GW_REQUEST_INVALID',
    );
    expect(await code({ ':path': `/${'x'.repeat(9_000)}` })).toBe('414 GW_URI_TOO_LONG');
    expect(await code({ 'x-long': 'x'.repeat(17_000) })).toBe('431 GW_HEADERS_TOO_LARGE');
    expect(await code({ ':method': 'TRACE' })).toBe('501 GW_METHOD_UNSUPPORTED');
    expect(await code({ ':method': 'BREW' })).toBe('501 GW_METHOD_UNSUPPORTED');
  });
});

describe('bodies over HTTP/2', () => {
  const large = Buffer.alloc(8_000_000, 'portico ');

  test('large ones go both ways, with backpressure', async () => {
    const { session } = await before(
      (request, response) => void bodyOf(request).then((body) => response.end(body)),
      { limits: { body: '16MiB' } },
    );
    const answer = await fetchH2(session, { ':method': 'POST' }, large);
    expect(answer.body.equals(large)).toBe(true);
  });

  test('a client that does not read holds the upstream back', async () => {
    let sent = 0;
    const { session } = await before((_request, response) => {
      const write = (): void => {
        while (sent < 64_000_000 && response.write(large.subarray(0, 65_536))) sent += 65_536;
        if (sent < 64_000_000) response.once('drain', write);
        else response.end();
      };
      write();
    });
    const stream = ask(session, {});
    await once(stream, 'response');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(sent).toBeLessThan(32_000_000);
    stream.close(8);
  });

  test('over the limit are refused, and their stream with them', async () => {
    const { session } = await before((request, response) => {
      request.resume().once('end', () => response.end());
    });
    const stream = ask(session, { ':method': 'POST' });
    stream.write(Buffer.alloc(2_000_000));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(413);
    stream.resume();
    await once(stream, 'close');
    expect((await fetchH2(session, { ':path': '/here' })).status).toBe(200);
  });

  test('that nobody reads end with their stream, and not with the connection', async () => {
    const { session } = await before((_request, response) => response.end());
    const stream = ask(session, { ':method': 'POST', ':path': '/here' });
    stream.write('a part');
    const answer = await answerOf(stream);
    expect(answer.body.toString()).toBe('{"here":true}');
    expect((await fetchH2(session, { ':path': '/here' })).status).toBe(200);
  });

  test('that are cut short upstream are reset, not ended', async () => {
    const { session } = await before((_request, response) => {
      response.writeHead(200).write('begun');
      setTimeout(() => response.destroy(), 30);
    });
    await expect(fetchH2(session, {})).rejects.toThrow();
  });

  test('events come as they are sent', async () => {
    let send: (text: string) => void = () => {};
    const { session } = await before((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      send = (text) => void response.write(text);
    });
    const stream = ask(session, {});
    await once(stream, 'response');
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      send(event);
      const [chunk] = (await once(stream, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(event);
    }
    stream.close(8);
  });
});

test('a hundred streams of one connection are served side by side', async () => {
  const waiting: (() => void)[] = [];
  const { session } = await before((_request, response) => {
    waiting.push(() => response.end('x'));
    if (waiting.length === 100) for (const answer of waiting) answer();
  });
  const answers = Array.from({ length: 100 }, () => fetchH2(session, {}));
  expect((await Promise.all(answers)).every(({ status }) => status === 200)).toBe(true);
});
