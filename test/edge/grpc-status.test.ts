import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode, GatewayError } from '../../src/core/errors.ts';
import { grpcStatusOf, grpcTrailers } from '../../src/edge/grpc-status.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { framed, get, startStock, stockClient, watch } from '../helpers/grpc.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { pair } from '../listener/gateway.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

const ORDINARY = { ordinary: { module: fixture('ordinary') } };
const CLOSED_PORT = 'http://127.0.0.1:1';

/** A client of a gateway in front of `origin`. */
async function through(origin: string, config: object = {}, route: object = {}) {
  const { url, gateway } = await startGateway({
    config: {
      server: { tls: pair('server') },
      upstreams: { up: { targets: [origin], http2: true, retry: false } },
      routes: { all: forwardTo('/*', route) },
      ...config,
    },
  });
  return { client: stockClient(url), gateway };
}

describe.each([
  ['straight to the socket', {}],
  ['through Fastify', ORDINARY],
])('an error of the gateway that goes %s', (_way, plugins) => {
  test('is a status that a gRPC client reads', async () => {
    const { client } = await through(CLOSED_PORT, { plugins });
    const { code, details, metadata } = await get(client);
    expect([code, details]).toEqual([
      status.UNAVAILABLE,
      'Upstream cannot be reached: connection refused',
    ]);
    expect(metadata).toMatchObject({ 'x-request-id': expect.any(String) as string });
  });

  test('is one on a stream too', async () => {
    const { client } = await through(CLOSED_PORT, { plugins });
    expect(await watch(client)).toMatchObject({ code: status.UNAVAILABLE, messages: [] });
  });
});

test('a call that no route takes is not implemented', async () => {
  const { client } = await through(CLOSED_PORT, {
    routes: { other: forwardTo('/other/*') },
  });
  expect(await get(client)).toMatchObject({ code: status.UNIMPLEMENTED });
});

test('a limited call says when to try again, in milliseconds', async () => {
  const { url } = await startStock({ Get: (_call, done) => done(null, Buffer.from('y')) });
  const { client } = await through(url, {}, { rateLimit: { max: 1, window: '1m' } });
  expect(await get(client)).toMatchObject({ code: status.OK, message: 'y' });
  const { code, metadata } = await get(client);
  expect(code).toBe(status.RESOURCE_EXHAUSTED);
  const pushback = Number(metadata['grpc-retry-pushback-ms']);
  expect(pushback).toBeGreaterThan(0);
  expect(pushback).toBeLessThanOrEqual(60_000);
});

describe('an answer that breaks after it has begun', () => {
  test('ends with a status, not with a reset', async () => {
    const { url } = await startH2((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.write(framed('one'), () => stream.destroy());
      stream.on('error', () => undefined);
    });
    const { client } = await through(url);
    expect(await watch(client)).toEqual({
      messages: ['one'],
      code: status.UNAVAILABLE,
      details: 'Upstream answer was cut short: the answer was cut short',
    });
  });

  test('is reset for a client of HTTP/2 that does not speak gRPC', async () => {
    const { url } = await startH2((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('one', () => stream.destroy());
      stream.on('error', () => undefined);
    });
    const { gateway } = await through(url);
    const session = await openH2(gateway.url);
    await expect(fetchH2(session, { ':method': 'GET' })).rejects.toThrow();
  });
});

describe('the status of an error', () => {
  test('is one that gRPC knows, and never OK', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      expect(status[grpcStatusOf(code)], code).toBeTypeOf('string');
      expect(grpcStatusOf(code), code).not.toBe(status.OK);
    }
  });

  test('comes with a message of printable ASCII', () => {
    const { 'grpc-message': message } = grpcTrailers(
      new GatewayError('GW_REQUEST_INVALID', 'zu spät: 100 %\r\n'),
      'id',
    );
    expect(message).toBe('Request is not valid: zu sp%C3%A4t: 100 %25%0D%0A');
  });

  test('says nothing about a bug', () => {
    const error = new GatewayError('GW_INTERNAL', 'at line 7');
    expect(grpcTrailers(error, 'id')['grpc-message']).toBe('Internal error');
  });
});
