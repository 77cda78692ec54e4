import { type handleUnaryCall, Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { manualClock, type ManualClock } from '../helpers/clock.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { framed, startStock, type StockHandlers } from '../helpers/grpc.ts';
import { BINARY, callWeb, openWeb, readFrames, sent, TEXT } from '../helpers/grpc-web.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { eventually } from '../helpers/upstream.ts';
import { fixture } from './fixtures/folder.ts';

interface Settings {
  readonly route?: object;
  readonly upstream?: object;
  readonly config?: object;
  readonly clock?: ManualClock;
}

/** A gateway in front of `origin` whose clients speak gRPC-Web. */
async function inFrontOf(
  origin: string,
  { route, upstream, config, clock }: Settings = {},
): Promise<string> {
  const { url } = await startGateway({
    ...(clock && { clock }),
    config: {
      server: { http2: 'prior' },
      upstreams: { up: { targets: [origin], http2: true, retry: false, ...upstream } },
      routes: { all: forwardTo('/*', { grpcWeb: {}, ...route }) },
      ...config,
    },
  });
  return url;
}

const serving = async (handlers: StockHandlers, settings?: Settings): Promise<string> =>
  inFrontOf((await startStock(handlers)).url, settings);

/** Answers with the message it gets, and tells in its metadata what came with it. */
const echo: handleUnaryCall<Buffer, Buffer> = ({ metadata, request }, done) => {
  const head = new Metadata();
  head.set('x-head', 'h');
  const trailers = new Metadata();
  trailers.set('x-came', JSON.stringify(metadata.getMap()));
  trailers.set('x-raw-bin', Buffer.from([0, 255]));
  done(null, Buffer.from(`got ${request.toString()}`), trailers);
};

describe.each([
  ['bytes', BINARY],
  ['text', TEXT],
])('gRPC-Web as %s', (_form, type) => {
  test('is a call of gRPC, whose trailers are the last frame', async () => {
    const url = await serving({ Get: echo });
    const answer = await callWeb(url, { type });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(answer.messages).toEqual(['got x']);
    expect(answer.trailers).toMatchObject({
      'grpc-status': '0',
      'grpc-message': 'OK',
      'x-raw-bin': 'AP8=',
    });
    const came = JSON.parse(answer.trailers!['x-came']!) as Record<string, string>;
    expect(came).not.toHaveProperty('x-grpc-web');
    expect(came).not.toHaveProperty('accept-encoding');
  });

  test('tells of a call that failed at once, in the body and not in the head', async () => {
    const metadata = new Metadata();
    metadata.set('x-why', 'because');
    metadata.set('grpc-status-details-bin', Buffer.from([8, 5]));
    const url = await serving({
      Get: (_call, done) => done({ code: status.NOT_FOUND, details: 'kein ñ', metadata }),
    });
    const { headers, messages, trailers } = await callWeb(url, { type });
    expect([...headers.keys()].filter((name) => name.startsWith('grpc-'))).toEqual([]);
    expect(messages).toEqual([]);
    expect(trailers).toEqual({
      'grpc-status': '5',
      'grpc-message': 'kein%20%C3%B1',
      'grpc-status-details-bin': 'CAU=',
      'x-why': 'because',
    });
  });

  test('streams: each message comes before the next is made', async () => {
    let next: (() => void) | undefined;
    const url = await serving({
      Watch: (call) => {
        call.write(Buffer.from('one'));
        next = () => {
          call.write(Buffer.from('two'));
          call.end();
        };
      },
    });
    const response = await openWeb(url, { path: '/shop.Stock/Watch', type });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body!) {
      chunks.push(chunk);
      if (chunks.length === 1) {
        expect(readFrames(type, Buffer.from(chunk)).messages).toEqual(['one']);
        next!();
      }
    }
    const { messages, trailers } = readFrames(type, Buffer.concat(chunks));
    expect([messages, trailers?.['grpc-status']]).toEqual([['one', 'two'], '0']);
  });

  test('takes several messages, and a long one', async () => {
    const long = 'm'.repeat(500_000);
    const url = await serving({
      Count: (call, done) => {
        const lengths: number[] = [];
        call.on('data', (message: Buffer) => lengths.push(message.length));
        call.on('end', () => done(null, Buffer.from(lengths.join())));
      },
    });
    const body = sent(type, 'a', long, 'bc');
    const { messages } = await callWeb(url, { path: '/shop.Stock/Count', type, body });
    expect(messages).toEqual(['1,500000,2']);
  });

  test('gets errors of the gateway as its own', async () => {
    const url = await inFrontOf('http://127.0.0.1:1');
    const { status: code, headers, trailers, messages } = await callWeb(url, { type });
    expect([code, headers.get('content-type'), messages]).toEqual([200, type, []]);
    expect(headers.get('proxy-status')).toContain('connection_refused');
    expect(trailers).toEqual({
      'grpc-status': `${status.UNAVAILABLE}`,
      'grpc-message': 'Upstream cannot be reached: connection refused',
      'x-request-id': headers.get('x-request-id'),
    });
  });

  test('ends with a status where the upstream breaks off', async () => {
    const { url: origin } = await startH2((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' });
      stream.write(framed('one'), () => stream.destroy());
      stream.on('error', () => undefined);
    });
    const { messages, trailers } = await callWeb(await inFrontOf(origin), { type });
    expect(messages).toEqual(['one']);
    expect(trailers).toMatchObject({ 'grpc-status': `${status.UNAVAILABLE}` });
  });
});

test('is cut off where the upstream breaks off within a message: no frame can follow', async () => {
  const { url: origin } = await startH2((stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(framed('hello').subarray(0, 7), () => stream.destroy());
    stream.on('error', () => undefined);
  });
  const response = await openWeb(await inFrontOf(origin));
  await expect(response.arrayBuffer()).rejects.toThrow('terminated');
});

test('is spoken over HTTP/2 too', async () => {
  const url = await serving({ Get: echo });
  const { headers, body, trailers } = await fetchH2(
    await openH2(url),
    { ':method': 'POST', ':path': '/shop.Stock/Get', 'content-type': TEXT },
    Buffer.from(sent(TEXT, 'x')),
  );
  expect(headers['content-type']).toBe(TEXT);
  expect(readFrames(TEXT, body)).toMatchObject({
    messages: ['got x'],
    trailers: { 'grpc-status': '0' },
  });
  expect(Object.keys(trailers)).toEqual([]);
});

test('is answered in the form that the client accepts', async () => {
  const url = await serving({ Get: echo });
  const headers = { accept: `application/json, ${TEXT}` };
  const answer = await callWeb(url, { headers });
  expect([answer.headers.get('content-type'), answer.messages]).toEqual([TEXT, ['got x']]);
});

test('keeps the message coding that only one side names', async () => {
  const { url: origin } = await startH2((stream, { 'content-type': type }) => {
    stream.resume();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-type': type });
    stream.end();
  });
  const url = await inFrontOf(origin);
  const typed = async (type: string) => {
    const { headers } = await callWeb(url, { type });
    return [headers.get('x-type'), headers.get('content-type')];
  };
  expect(await typed('application/grpc-web+json')).toEqual([
    'application/grpc+json',
    'application/grpc-web+json',
  ]);
  expect(await typed('Application/gRPC-Web-Text; charset=utf-8')).toEqual([
    'application/grpc',
    'application/grpc-web-text',
  ]);
});

test('asks as a client of gRPC does', async () => {
  let came: Readonly<Record<string, string | undefined>> = {};
  const { url: origin } = await startH2((stream, headers) => {
    came = headers;
    stream.resume().respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.end();
  });
  await callWeb(await inFrontOf(origin), { headers: { 'x-user-agent': 'page', accept: BINARY } });
  expect(came).toMatchObject({ te: 'trailers', 'x-user-agent': 'page' });
  for (const gone of ['accept', 'accept-encoding', 'x-grpc-web'])
    expect(came[gone]).toBe(undefined);
});

test('leaves in the head what is about messages', async () => {
  const { url: origin } = await startH2((stream) => {
    const head = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' };
    stream.resume().respond({ ...head, 'grpc-encoding': 'identity' }, { endStream: true });
  });
  const { headers, trailers } = await callWeb(await inFrontOf(origin));
  expect(headers.get('grpc-encoding')).toBe('identity');
  expect(trailers).toEqual({ 'grpc-status': '5' });
});

test('an answer without a status ends with UNKNOWN', async () => {
  const { url: origin } = await startH2((stream) => {
    stream.resume();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.end(framed('one'));
  });
  const { messages, trailers } = await callWeb(await inFrontOf(origin));
  expect([messages, trailers?.['grpc-status']]).toEqual([['one'], '2']);
});

describe('base64', () => {
  const wrapped = (...pieces: readonly Buffer[]): string =>
    pieces.map((piece) => piece.toString('base64')).join('');
  const message = framed('0123456789');

  test('may be padded wherever the client flushed', async () => {
    const url = await serving({ Get: echo });
    for (let at = 1; at < message.length; at++) {
      const body = wrapped(message.subarray(0, at), message.subarray(at));
      expect((await callWeb(url, { type: TEXT, body })).messages).toEqual(['got 0123456789']);
    }
  });

  test('may be split anywhere', async () => {
    const url = await serving({ Get: echo });
    const text = wrapped(message.subarray(0, 4), message.subarray(4));
    const session = await openH2(url);
    for (let at = 1; at < text.length; at++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/shop.Stock/Get',
        'content-type': TEXT,
      });
      stream.write(text.slice(0, at));
      await new Promise(setImmediate);
      stream.end(text.slice(at));
      const body = Buffer.concat((await stream.toArray()) as Buffer[]);
      expect(readFrames(TEXT, body).messages).toEqual(['got 0123456789']);
    }
  });
});

describe('a request that is not gRPC-Web', () => {
  const invalid = `${status.INVALID_ARGUMENT}`;

  test.each([
    ['a foreign character', TEXT, 'AAAAAAE!'],
    ['the alphabet of URLs', TEXT, 'AAAAAAH_'],
    ['a group that is cut short', TEXT, 'AAAAAAF4A'],
    ['padding in the wrong place', TEXT, 'A==='],
    ['a message that is shorter than it says', BINARY, framed('12345').subarray(0, 8)],
    ['a head that is cut short', BINARY, framed('').subarray(0, 3)],
    ['a length of 4 GiB', BINARY, Buffer.from([0, 255, 255, 255, 255, 1])],
    ['trailers', BINARY, Buffer.from([0x80, 0, 0, 0, 0])],
    ['flags that mean nothing', BINARY, Buffer.from([2, 0, 0, 0, 0])],
  ])('with %s is refused as an invalid argument', async (_what, type, bytes) => {
    const url = await serving({ Get: echo });
    const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
    const { trailers, messages } = await callWeb(url, { type, body });
    expect([trailers?.['grpc-status'], messages]).toEqual([invalid, []]);
    expect(trailers?.['grpc-message']).toMatch(/^Request is not valid: /);
    // The connection, and the upstream's, still serve.
    expect((await callWeb(url)).messages).toEqual(['got x']);
  });

  test('is refused in its middle, too, and the upstream sees the stream end', async () => {
    let isCancelled = false;
    const url = await serving({
      Talk: (call) => {
        call.write(Buffer.from('hello'));
        call.on('cancelled', () => (isCancelled = true));
        call.on('data', () => undefined);
      },
    });
    const stream = (await openH2(url)).request({
      ':method': 'POST',
      ':path': '/shop.Stock/Talk',
      'content-type': BINARY,
    });
    stream.write(framed('one'));
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (chunks.length === 1) stream.write(Buffer.from([7, 7, 7]));
    });
    await new Promise((resolve) => stream.on('close', resolve));
    const { messages, trailers } = readFrames(BINARY, Buffer.concat(chunks));
    expect([messages, trailers?.['grpc-status']]).toEqual([['hello'], invalid]);
    await eventually(() => isCancelled);
  });

  test('passes as it is', async () => {
    const { url: origin } = await startH2((stream, headers) => {
      stream.resume();
      stream.respond({ ':status': 200, 'content-type': 'text/plain' });
      stream.end(`${headers[':method']} ${String(headers['content-type'])}`);
    });
    const url = await inFrontOf(origin);
    const response = await fetch(url, { method: 'PUT', headers: { 'content-type': BINARY } });
    expect(await response.text()).toBe(`PUT ${BINARY}`);
    const json = await openWeb(url, { type: 'application/json', body: '{}' });
    expect(await json.text()).toBe('POST application/json');
    // No gRPC came back, so the status is what tells.
    expect(await (await openWeb(url)).text()).toBe('POST application/grpc+proto');
  });
});

test('is sent again where the first answer may be retried', async () => {
  let asked = 0;
  const url = await serving(
    {
      Get(call, done) {
        asked += 1;
        if (asked === 1) done({ code: status.UNAVAILABLE });
        else echo(call, done);
      },
    },
    { upstream: { retry: { on: ['unavailable'], backoff: '1ms' } } },
  );
  expect((await callWeb(url, { type: TEXT })).messages).toEqual(['got x']);
  expect(asked).toBe(2);
});

test('a body over the limit is RESOURCE_EXHAUSTED', async () => {
  const url = await serving({ Get: echo }, { route: { limits: { body: '10B' } } });
  const { trailers } = await callWeb(url, { body: sent(BINARY, 'far too long') });
  expect(trailers?.['grpc-status']).toBe(`${status.RESOURCE_EXHAUSTED}`);
});

test('refusals of plugins have its form, also where an ordinary Fastify plugin runs', async () => {
  const plugins = { ordinary: { module: fixture('ordinary') } };
  const route = { rateLimit: { max: 1, window: '1m' } };
  for (const more of [{}, { plugins }]) {
    const url = await serving({ Get: echo }, { route, config: more });
    expect((await callWeb(url, { type: TEXT })).messages).toEqual(['got x']);
    const { trailers } = await callWeb(url, { type: TEXT });
    expect(trailers?.['grpc-status']).toBe(`${status.RESOURCE_EXHAUSTED}`);
    expect(Number(trailers?.['grpc-retry-pushback-ms'])).toBeGreaterThan(0);
  }
});

test('other clients of the route get problem documents', async () => {
  const url = await inFrontOf('http://127.0.0.1:1');
  const response = await fetch(url);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    502,
    'application/problem+json',
  ]);
});

describe('time and leaving', () => {
  test('a deadline of the client ends a call, before its answer and within it', async () => {
    const clock = manualClock();
    let asked = 0;
    const url = await serving(
      { Watch: (call) => void call.write(Buffer.from('one')), Get: () => (asked += 1) },
      { clock },
    );
    const headers = { 'grpc-timeout': '20S' };
    const got = callWeb(url, { headers });
    const watched = await openWeb(url, { path: '/shop.Stock/Watch', headers });
    const rest = watched.arrayBuffer();
    await eventually(() => asked === 1);
    clock.advance(20_000);
    const over = `${status.DEADLINE_EXCEEDED}`;
    expect((await got).trailers?.['grpc-status']).toBe(over);
    const { messages, trailers } = readFrames(BINARY, Buffer.from(await rest));
    expect([messages, trailers?.['grpc-status']]).toEqual([['one'], over]);
  });

  test('a client that leaves ends the call of the upstream', async () => {
    let isCancelled = false;
    const url = await serving({
      Watch: (call) => {
        call.write(Buffer.from('one'));
        call.on('cancelled', () => (isCancelled = true));
      },
    });
    const abort = new AbortController();
    const response = await openWeb(url, { path: '/shop.Stock/Watch', signal: abort.signal });
    await response.body!.getReader().read();
    abort.abort();
    await eventually(() => isCancelled);
  });

  test('a client that does not read pauses the upstream', async () => {
    let written = 0;
    const url = await serving({
      Watch: (call) => {
        const more = (): void => {
          while (call.write(Buffer.alloc(65_536)) && written < 100_000_000) written += 65_536;
        };
        call.on('drain', more);
        call.on('error', () => undefined);
        more();
      },
    });
    const abort = new AbortController();
    await openWeb(url, { path: '/shop.Stock/Watch', type: TEXT, signal: abort.signal });
    let before = -1;
    await eventually(() => {
      const isStill = written === before;
      before = written;
      return isStill && written > 0;
    });
    expect(written).toBeLessThan(50_000_000);
    abort.abort();
  });
});
