import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { framed } from '../helpers/grpc.ts';
import { BINARY, callWeb, openWeb, readFrames, sent, TEXT } from '../helpers/grpc-web.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { fixture } from './fixtures/folder.ts';
import { echo, inFrontOf, serving } from './web-gateway.ts';

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
