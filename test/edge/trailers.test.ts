import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRawUpstream } from '../gateway/support/upstream.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

const ORDINARY = { ordinary: { module: fixture('ordinary') } };
const TRACE = { trace: { module: fixture('trace') } };

/** A gateway in front of an upstream that answers `hi` with these trailers. */
async function trailing(
  trailers: readonly string[],
  { plugins = {}, server = {}, route = {} }: Readonly<Record<string, object>> = {},
  announced = 'X-Sum',
) {
  const origin = await startRawUpstream((socket) => {
    const head = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ${announced}\r\n\r\n`;
    socket.end(`${head}2\r\nhi\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`, 'latin1');
  });
  const { url } = await startGateway({
    config: {
      server,
      plugins,
      upstreams: { up: { targets: [origin], retry: false } },
      routes: { all: forwardTo('/*', route) },
    },
  });
  const ask = async (...fields: string[]) => {
    const { body } = await request(url, ['GET / HTTP/1.1', 'host: a', ...fields]);
    return body.toLowerCase();
  };
  return { url, ask };
}

const PATHS: readonly (readonly [string, Readonly<Record<string, object>>])[] = [
  ['straight to the socket', {}],
  ['through Fastify', { plugins: ORDINARY }],
  ['past a transform that leaves this one', { plugins: TRACE, route: { trace: {} } }],
];

describe.each(PATHS)('trailers of an answer that goes %s', (_way, world) => {
  test('are passed on if the client accepts them (RFC 9110 §6.5.1)', async () => {
    const { ask } = await trailing(['X-Sum: 1', 'X-Sum: 2', 'X-Other: a'], world);
    expect(await ask('te: trailers', 'connection: te')).toMatch(
      /^2\r\nhi\r\n0\r\n(x-sum: 1\r\nx-sum: 2|x-sum: 1, 2)\r\nx-other: a\r\n\r\n$/,
    );
  });

  test('are dropped if it does not', async () => {
    const { ask } = await trailing(['X-Sum: 1'], world);
    expect(await ask()).toBe('2\r\nhi\r\n0\r\n\r\n');
  });

  test('are passed on over HTTP/2', async () => {
    const server = { tls: pair('server') };
    const { url } = await trailing(['X-Sum: 1'], { ...world, server });
    const answer = await fetchH2(await openH2(url), {});
    expect([answer.body.toString(), answer.trailers['x-sum']]).toEqual(['hi', '1']);
  });

  const FORBIDDEN = [
    'Connection: close',
    'Keep-Alive: timeout=5',
    'Transfer-Encoding: chunked',
    'Trailer: x',
    'Upgrade: h2c',
    'Content-Encoding: gzip',
    'Content-Type: text/html',
    'Host: other',
    'Set-Cookie: a=b',
    'X-Sum: 1',
  ];

  test('lose fields of the connection, and fields that belong only in a head', async () => {
    const { ask } = await trailing(FORBIDDEN, world);
    const body = await ask('te: trailers', 'connection: te');
    expect(body).toBe('2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n');
  });

  test('lose them over HTTP/2 too', async () => {
    const { url } = await trailing(FORBIDDEN, { ...world, server: { tls: pair('server') } });
    const answer = await fetchH2(await openH2(url), {});
    expect(answer.body.toString()).toBe('hi');
    expect(Object.entries(answer.trailers)).toEqual([['x-sum', '1']]);
  });

  test.each(['caf\u00c3\u00a9', '\u00ff', ''])('carry %j unchanged', async (value) => {
    const { ask } = await trailing([`X-Sum: ${value}`], world);
    const body = await ask('te: trailers', 'connection: te');
    expect(body).toBe(`2\r\nhi\r\n0\r\nx-sum: ${value.toLowerCase()}\r\n\r\n`);
  });
});

describe('Trailer', () => {
  const fieldsOf = async (url: string, first: string, ...fields: string[]) =>
    (await request(url, [first, 'host: a', ...fields])).headers;

  test('is passed on with trailers, without the names of dropped ones', async () => {
    const { url } = await trailing(['X-Sum: 1'], {}, 'X-Sum, Content-Type, X-More');
    const taking = ['te: trailers', 'connection: te'];
    const told = await fieldsOf(url, 'GET / HTTP/1.1', ...taking);
    expect(told['trailer']).toBe('x-sum, x-more');
    expect(await fieldsOf(url, 'GET / HTTP/1.1')).not.toHaveProperty('trailer');
    expect(await fieldsOf(url, 'GET / HTTP/1.0', ...taking)).not.toHaveProperty('trailer');
  });

  test('is passed on over HTTP/2', async () => {
    const { url } = await trailing(['X-Sum: 1'], { server: { tls: pair('server') } });
    const answer = await fetchH2(await openH2(url), {});
    expect(answer.headers['trailer']).toBe('x-sum');
  });

  test('is dropped if the body has a length, or a hook may give it one', async () => {
    const sized = await startRawUpstream((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTrailer: X-Sum\r\n\r\nhi');
    });
    const config = {
      upstreams: { up: { targets: [sized], retry: false } },
      routes: { all: forwardTo('/*') },
    };
    const taking = ['GET / HTTP/1.1', 'te: trailers', 'connection: te'] as const;
    const { url } = await startGateway({ config });
    expect(await fieldsOf(url, ...taking)).not.toHaveProperty('trailer');
    const hooked = await trailing(['X-Sum: 1'], { plugins: ORDINARY });
    expect(await fieldsOf(hooked.url, ...taking)).not.toHaveProperty('trailer');
  });
});

describe('trailers of a body that is no longer the upstream’s', () => {
  test.each([
    ['transformed', { plugins: TRACE, route: { trace: { wrap: '<' } } }, '<hi<'],
    ['replaced', { plugins: { replacing: { module: fixture('replacing') } } }, 'replaced'],
  ])('are dropped, because they describe other bytes (%s)', async (_how, world, text) => {
    const { ask } = await trailing(['X-Sum: 1'], world);
    const body = await ask('te: trailers', 'connection: te');
    expect(body.replace(/\r\n[0-9a-f]\r\n|^[0-9a-f]\r\n/g, '')).toContain(text);
    expect(body).not.toContain('x-sum');
  });
});
