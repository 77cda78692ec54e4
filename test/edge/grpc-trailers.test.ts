import type { OutgoingHttpHeaders } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { type H2Answer, fetchH2, openH2 } from '../helpers/h2-client.ts';
import { ask } from '../helpers/secure-client.ts';
import { startH2 } from '../helpers/secure-upstream.ts';
import { pair } from '../listener/gateway.ts';
import { fixture } from '../plugins/fixtures/folder.ts';

/** What @grpc/grpc-js answers to `cb({ code: 5, details: 'no such ü', metadata })`: one head, END_STREAM. */
const FAILED: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-status': '5',
  'grpc-message': 'no such %C3%BC',
  'grpc-status-details-bin': 'CAUSBA==',
  'x-why': 'because',
};

const ORDINARY = { ordinary: { module: fixture('ordinary') } };

/** Without the symbol keys that Node.js adds. */
const plain = (fields: object): object => Object.fromEntries(Object.entries(fields));

/** A gateway in front of a server that answers with a head alone. */
async function answered(head: OutgoingHttpHeaders, plugins: object = {}) {
  const { url: origin } = await startH2((stream) => {
    stream.resume();
    stream.respond(head, { endStream: true });
  });
  const { url } = await startGateway({
    config: {
      server: { tls: pair('server') },
      plugins,
      upstreams: { up: { targets: [origin], http2: true } },
      routes: { all: forwardTo('/*') },
    },
  });
  const call = async (): Promise<H2Answer> =>
    fetchH2(await openH2(url), { ':method': 'POST', te: 'trailers' }, 'message');
  return { url, call };
}

describe.each([
  ['straight to the socket', {}],
  ['through Fastify', ORDINARY],
])('a gRPC answer of trailers alone that goes %s', (_way, plugins) => {
  test('has its status in the trailers for an HTTP/2 client, and its metadata in both', async () => {
    const { call } = await answered(FAILED, plugins);
    const { status, headers, trailers, body } = await call();
    expect([status, body.length]).toEqual([200, 0]);
    expect(headers).toMatchObject({ 'content-type': 'application/grpc+proto', 'x-why': 'because' });
    expect(Object.keys(headers).filter((name) => name.startsWith('grpc-'))).toEqual([]);
    expect(plain(trailers)).toEqual({
      'grpc-status': '5',
      'grpc-message': 'no such %C3%BC',
      'grpc-status-details-bin': 'CAUSBA==',
      'x-why': 'because',
    });
  });

  test('may consist of the status alone', async () => {
    const { call } = await answered(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' },
      plugins,
    );
    expect(plain((await call()).trailers)).toEqual({ 'grpc-status': '0' });
  });
});

test('a status in the head of gRPC-Web or of any other answer stays there', async () => {
  for (const type of ['application/grpc-web+proto', 'application/grpc-web-text', 'text/plain']) {
    const { call } = await answered({ ...FAILED, 'content-type': type });
    const { headers, trailers } = await call();
    expect([headers['grpc-status'], plain(trailers)]).toEqual(['5', {}]);
  }
});

test('an HTTP/1.1 client finds the status in the head', async () => {
  const { url } = await answered(FAILED);
  const { headers } = await ask(url, { ALPNProtocols: ['http/1.1'] });
  expect(headers['grpc-status']).toBe('5');
});
