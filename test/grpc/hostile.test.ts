/** Clients and services that break the rules of gRPC: nobody sees more or less of it through the gateway. */
import type { OutgoingHttpHeaders } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { framed, get, startStock, stockClient, watch } from '../helpers/grpc.ts';
import { BINARY, callWeb, openWeb, readFrames } from '../helpers/grpc-web.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { startH2, type StreamListener } from '../helpers/secure-upstream.ts';

/** A gateway over h2c in front of `origin`, and how many slots are taken. */
async function inFrontOf(origin: string, route: object = {}) {
  const { url, gateway } = await startGateway({
    config: {
      server: { http2: 'prior' },
      upstreams: { up: { targets: [origin], http2: true, retry: false, breaker: false } },
      routes: { all: forwardTo('/*', route) },
    },
  });
  return { url, used: () => gateway.status().upstreams[0]?.slots.used };
}

const GRPC: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc' };

/** What a service does with every call. */
const FOREIGN: Readonly<Record<string, StreamListener>> = {
  'a page with 503': answering({ ':status': 503, 'content-type': 'text/html' }, '<h1>busy</h1>'),
  'a page with 404': answering({ ':status': 404, 'content-type': 'text/html' }, '<h1>none</h1>'),
  '401 without a body': answering({ ':status': 401 }),
  '429 of JSON': answering({ ':status': 429, 'content-type': 'application/json' }, '{}'),
  'a page with 200': answering({ ':status': 200, 'content-type': 'text/html' }, '<h1>hi</h1>'),
  'no status': answering(GRPC, framed('x')),
  'nothing at all': answering(GRPC),
  'a status that is no number': trailing({ 'grpc-status': 'fine' }),
  'a status beyond all': trailing({ 'grpc-status': '77', 'grpc-message': 'what' }),
  'a message that is cut short': trailing({ 'grpc-status': '0' }, framed('hello').subarray(0, 7)),
  'a length of 4 GiB': trailing({ 'grpc-status': '0' }, Buffer.from([0, 255, 255, 255, 255, 1])),
  'a compressed message without a coding': trailing({ 'grpc-status': '0' }, compressed('x')),
  'a message after an error': trailing({ 'grpc-status': '9' }, framed('a')),
  'a broken percent sign': trailing({ 'grpc-status': '9', 'grpc-message': '100%' }),
};

function answering(head: OutgoingHttpHeaders, body?: Buffer | string): StreamListener {
  return (stream) => {
    stream.on('error', () => undefined).resume();
    stream.respond(head);
    stream.end(body);
  };
}

function trailing(trailers: OutgoingHttpHeaders, body?: Buffer): StreamListener {
  return (stream) => {
    stream.on('error', () => undefined).resume();
    stream.respond(GRPC, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(body);
  };
}

function compressed(message: string): Buffer {
  const frame = framed(message);
  frame[0] = 1;
  return frame;
}

describe('a service that answers with', () => {
  test.each(Object.entries(FOREIGN))('%s, is told as it is directly', async (_what, listener) => {
    const { url: origin } = await startH2(listener);
    const { url, used } = await inFrontOf(origin);
    const told = async (from: string) => {
      const client = stockClient(from);
      const { code, details, message } = await get(client);
      return { code, details, message, watched: await watch(client) };
    };
    expect(await told(url)).toEqual(await told(origin));
    await expect.poll(used).toBe(0);
  });

  /** No frame can follow the piece of a message. */
  const cut = new Set(['a message that is cut short', 'a length of 4 GiB']);

  test.each(Object.entries(FOREIGN))('%s, is told to a page too', async (what, listener) => {
    const { url: origin } = await startH2(listener);
    const { url, used } = await inFrontOf(origin, { grpcWeb: {} });
    const response = await openWeb(url);
    const type = response.headers.get('content-type');
    const body = await response.arrayBuffer().catch(() => undefined);
    expect(body === undefined).toBe(cut.has(what));
    if (body !== undefined && type === BINARY) {
      const { trailers } = readFrames(type, Buffer.from(body));
      expect(trailers).toHaveProperty('grpc-status');
    }
    await expect.poll(used).toBe(0);
  });
});

describe('a client that sends', () => {
  test.each<readonly [string, OutgoingHttpHeaders, Buffer]>([
    ['a compressed message without a coding', {}, compressed('x')],
    ['a compressed message that is none', { 'grpc-encoding': 'gzip' }, compressed('x')],
    ['a coding that nobody knows', { 'grpc-encoding': 'mine' }, compressed('x')],
    ['a message that is cut short', {}, framed('hello').subarray(0, 7)],
    ['a length of 4 GiB', {}, Buffer.from([0, 255, 255, 255, 255, 1])],
    ['no message', {}, Buffer.alloc(0)],
    ['two messages for one', {}, Buffer.concat([framed('a'), framed('b')])],
    ['another type', { 'content-type': 'application/json' }, framed('x')],
    ['the type with a parameter', { 'content-type': 'application/grpc;a=b' }, framed('x')],
    ['the type in capitals', { 'content-type': 'APPLICATION/GRPC+proto' }, framed('x')],
    ['GET', { ':method': 'GET' }, framed('x')],
    ['metadata that is not base64', { 'x-raw-bin': '%%%' }, framed('x')],
  ])('%s, hears what the service says', async (_what, fields, body) => {
    const { url: origin } = await startStock({ Get: ({ request }, done) => done(null, request) });
    const { url, used } = await inFrontOf(origin);
    const told = async (from: string) => {
      const head = {
        ':method': 'POST',
        ':path': '/shop.Stock/Get',
        'content-type': 'application/grpc',
        te: 'trailers',
        ...fields,
      };
      // A service that resets the call has an answer of the gateway in its place.
      const answer = await fetchH2(await openH2(from), head, body).catch(() => undefined);
      if (answer === undefined) return 'reset';
      const { status, headers, trailers } = answer;
      const code = trailers['grpc-status'] ?? headers['grpc-status'];
      return { status, code, body: answer.body.toString('hex') };
    };
    expect(await told(url)).toEqual(await told(origin));
    await expect.poll(used).toBe(0);
    expect(await get(stockClient(url))).toMatchObject({ code: 0 });
  });

  test('a hundred thousand frames of nothing is served as any other', async () => {
    const { url: origin } = await startStock({
      Count: (call, done) => {
        let count = 0;
        call.on('data', () => (count += 1));
        call.on('end', () => done(null, Buffer.from(`${count}`)));
      },
    });
    const { url } = await inFrontOf(origin, { grpcWeb: {} });
    const body = new Uint8Array(5 * 100_000);
    const { messages } = await callWeb(url, { path: '/shop.Stock/Count', body });
    expect(messages).toEqual(['100000']);
  });
});
