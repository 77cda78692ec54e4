/** gRPC-Web beside the other keys of a route. */
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { get, startStock, stockClient } from '../helpers/grpc.ts';
import { BINARY, openWeb, sent, TEXT } from '../helpers/grpc-web.ts';
import { startH2 } from '../helpers/secure-upstream.ts';

const ORIGIN = 'https://shop.example';

/** A gateway whose upstream does not exist, with `route`'s keys beside `grpcWeb`. */
const beside = (route: object) =>
  startGateway({
    config: {
      admin: { port: 0 },
      upstreams: { up: { targets: ['http://127.0.0.1:1'], http2: true, retry: false } },
      routes: { all: forwardTo('/*', { grpcWeb: {}, ...route }) },
    },
  });

const listOf = (response: Response, field: string): string[] =>
  response.headers.get(`access-control-${field}`)?.split(', ') ?? [];

describe('cors on the same route', () => {
  const preflight = (url: string) =>
    fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-grpc-web',
      },
    });

  test('allows the fields that clients of gRPC-Web send, beside those it lists', async () => {
    const { url } = await beside({ cors: { origins: [ORIGIN], headers: ['X-Own', 'x-grpc-web'] } });
    const answer = await preflight(url);
    expect(answer.status).toBe(204);
    expect(listOf(answer, 'allow-headers')).toEqual([
      'x-own',
      'x-grpc-web',
      'content-type',
      'x-user-agent',
      'grpc-timeout',
    ]);
  });

  test('lets scripts read the status, and errors of the gateway too', async () => {
    const { url } = await beside({ cors: { origins: [ORIGIN], expose: ['x-request-id'] } });
    const answer = await openWeb(url, { headers: { origin: ORIGIN } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(listOf(answer, 'expose-headers')).toEqual([
      'x-request-id',
      'grpc-status',
      'grpc-message',
      'grpc-status-details-bin',
    ]);
  });

  test('adds nothing on other routes', async () => {
    const { url } = await beside({
      cors: { origins: [ORIGIN], headers: ['x-own'] },
      grpcWeb: false,
    });
    expect(listOf(await preflight(url), 'allow-headers')).toEqual(['x-own']);
    const answer = await openWeb(url, { headers: { origin: ORIGIN } });
    expect(listOf(answer, 'expose-headers')).toEqual([]);
  });
});

describe('what passes untouched', () => {
  test('is gRPC on a route that has the key', async () => {
    const { url: origin } = await startStock({ Get: ({ request }, done) => done(null, request) });
    const { url } = await startGateway({
      config: {
        server: { http2: 'prior' },
        upstreams: { up: { targets: [origin], http2: true } },
        routes: { all: forwardTo('/*', { grpcWeb: {} }) },
      },
    });
    expect(await get(stockClient(url))).toMatchObject({ code: 0, message: 'x' });
  });

  test.each([BINARY, TEXT])('is %s on a route that has not', async (type) => {
    // Such as a service that speaks gRPC-Web itself.
    const { url: origin } = await startH2((stream, headers) => {
      stream.respond({
        ':status': 200,
        'content-type': headers['content-type'],
        'grpc-status': '0',
      });
      stream.pipe(stream);
    });
    const { url } = await startGateway({
      config: {
        upstreams: { up: { targets: [origin], http2: true } },
        routes: { all: forwardTo('/*') },
      },
    });
    const answer = await openWeb(url, { type });
    expect([answer.headers.get('content-type'), answer.headers.get('grpc-status')]).toEqual([
      type,
      '0',
    ]);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(sent(type, 'x')));
  });
});

test('portico explain tells that gRPC is sent', async () => {
  const { gateway } = await beside({});
  const { calls } = await gateway.explain({
    method: 'POST',
    url: '/shop.Stock/Get',
    headers: [
      ['content-type', 'application/grpc-web-text+proto'],
      ['x-grpc-web', '1'],
    ],
    address: '127.0.0.1',
  });
  expect(calls[0]?.headers).toContain('te');
  expect(calls[0]?.headers).not.toContain('x-grpc-web');
});

test('a circuit counts what the status in the trailers says', async () => {
  const { url: origin } = await startStock({ Get: (_call, done) => done({ code: 14 }) });
  const { url, gateway } = await startGateway({
    config: {
      admin: { port: 0 },
      upstreams: {
        up: { targets: [origin], http2: true, retry: false, breaker: { consecutive: 1 } },
      },
      routes: { all: forwardTo('/*', { grpcWeb: {} }) },
    },
  });
  await (await openWeb(url)).arrayBuffer();
  const text = Buffer.from(await (await openWeb(url)).arrayBuffer()).toString();
  expect(text).toContain('grpc-status: 14\r\n');
  expect(text).toContain('keeps failing');
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/portico_errors_total\{[^}]*GW_CIRCUIT_OPEN[^}]*\} 1/);
});
