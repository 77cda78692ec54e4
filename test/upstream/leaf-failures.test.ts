import { describe, expect, test } from 'vitest';
import { blamesUpstream, type GatewayError } from '../../src/core/errors.ts';
import { aRequest, codeOf } from '../helpers/call.ts';
import { leafTo } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, nobody, startUpstream, startWire } from '../helpers/upstream.ts';

/** The error of one call to `origin`. */
async function failureAt(origin: string): Promise<GatewayError> {
  const { call, state } = leafTo(origin, { connectTimeoutMs: 200 });
  const outcome = await call(aRequest()).catch((error: unknown) => error as GatewayError);
  expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
  return outcome as GatewayError;
}

describe('before the head', () => {
  test('a refused connection is GW_UPSTREAM_CONNECT', async () => {
    const error = await failureAt(await nobody());
    expect(error.code).toBe('GW_UPSTREAM_CONNECT');
    expect(error.options.proxyStatus).toBe('connection_refused');
  });

  test('a name that does not resolve is dns_error', async () => {
    const error = await failureAt('http://nowhere.invalid');
    expect(error.code).toBe('GW_UPSTREAM_CONNECT');
    expect(error.options.proxyStatus).toBe('dns_error');
  });

  test('an invalid TLS handshake is tls_protocol_error', async () => {
    const upstream = await startUpstream((_request, response) => void response.end());
    const error = await failureAt(upstream.url.replace('http', 'https'));
    expect(error.code).toBe('GW_UPSTREAM_CONNECT');
    expect(error.options.proxyStatus).toBe('tls_protocol_error');
  });

  test('a connection or TLS handshake that never completes is connection_timeout', async () => {
    const upstream = await startWire(() => undefined);
    const startedAt = performance.now();
    const error = await failureAt(upstream.url.replace('http', 'https'));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(error.code).toBe('GW_UPSTREAM_CONNECT');
    expect(error.options.proxyStatus).toBe('connection_timeout');
    await eventually(() => upstream.open === 0);
  });

  test.each([
    ['closes', 'end'],
    ['is destroyed', 'destroy'],
    ['is reset', 'resetAndDestroy'],
  ] as const)('a connection that %s is GW_UPSTREAM_RESET', async (_how, verb) => {
    const upstream = await startWire((socket) => void socket[verb]());
    expect((await failureAt(upstream.url)).code).toBe('GW_UPSTREAM_RESET');
  });

  test('half a head is GW_UPSTREAM_RESET', async () => {
    const upstream = await startWire((socket) => void socket.end('HTTP/1.1 200 OK\r\nx-a:'));
    expect((await failureAt(upstream.url)).code).toBe('GW_UPSTREAM_RESET');
  });

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a version of its own', 'HTTP/7.7 200 OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
    ['a switch of protocols', 'HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['a status that is none', 'HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n'],
    ['a field with NUL', 'HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n'],
  ])('%s is GW_UPSTREAM_PROTOCOL', async (_what, answer) => {
    const upstream = await startWire((socket) => void socket.end(answer, 'latin1'));
    expect((await failureAt(upstream.url)).code).toBe('GW_UPSTREAM_PROTOCOL');
  });

  test('an upstream without targets is GW_NO_TARGET and not to blame', async () => {
    const error = await leafTo([])
      .call(aRequest())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'GW_NO_TARGET' });
    expect(blamesUpstream(error)).toBe(false);
  });

  test('a request that cannot be sent is our bug, not the upstream’s fault', async () => {
    const upstream = await startUpstream((_request, response) => void response.end());
    const { call, state } = leafTo(upstream.url);
    const bad = [
      aRequest({ headers: { 'x-a': 'a\nb' } }),
      aRequest({ headers: { expect: '100-continue' } }),
      aRequest({ path: '/a b' }),
      aRequest({ method: 'G ET' }),
    ];
    expect(await Promise.all(bad.map((request) => codeOf(call(request))))).toEqual(
      bad.map(() => 'GW_INTERNAL'),
    );
    expect(upstream.hits).toBe(0);
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
  });

  test('a body that was not kept is not sent again, and the upstream is not blamed', async () => {
    const upstream = await startUpstream((request, response) => {
      request.resume().on('end', () => response.end());
    });
    const { upload, client } = sending({ keepBytes: 0 });
    client.end('body');
    const { call, state } = leafTo(upstream.url);
    const request = aRequest({ method: 'PUT', body: upload });
    await (await call(request)).body.dump();
    const error: unknown = await call(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(blamesUpstream(error)).toBe(false);
    expect(state.targets.all[0]!.inflight).toBe(0);
  });

  test('does not reveal the upstream’s address to the client', async () => {
    const origin = await nobody();
    const { message, options } = await failureAt(origin);
    expect(message).not.toContain(new URL(origin).port);
    expect(options.target).toBe(origin);
  });
});

describe('after the head', () => {
  const answers: readonly (readonly [what: string, head: string])[] = [
    ['a body of known length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome'],
    ['a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\n'],
  ];

  test.each(answers)('%s that is cut short is GW_BODY_TRUNCATED', async (_what, head) => {
    for (const verb of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const upstream = await startWire((socket) => socket.write(head, () => socket[verb]()));
      const { call, state } = leafTo(upstream.url);
      const { status, body } = await call(aRequest());
      expect(status).toBe(200);
      expect(await codeOf(body.bytes(1_000))).toBe('GW_BODY_TRUNCATED');
      expect(state.targets.all[0]!.inflight).toBe(0);
    }
  });

  test('an invalid chunk is GW_BODY_TRUNCATED', async () => {
    const upstream = await startWire((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\nxyz\r\n');
    });
    const { body } = await leafTo(upstream.url).call(aRequest());
    expect(await codeOf(body.bytes(1_000))).toBe('GW_BODY_TRUNCATED');
  });

  test('a body without length or chunks ends with its connection', async () => {
    const upstream = await startWire((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nsome'));
    const { body } = await leafTo(upstream.url).call(aRequest());
    expect((await body.bytes(1_000)).toString()).toBe('some');
  });

  test('an answer before the end of the upload is an answer', async () => {
    const upstream = await startWire((socket) => {
      socket.write('HTTP/1.1 409 Conflict\r\ncontent-length: 4\r\n\r\nsome');
    });
    const { upload, client } = sending();
    client.write('half');
    const { call } = leafTo(upstream.url);
    const { status, body } = await call(aRequest({ method: 'POST', body: upload }));
    expect(status).toBe(409);
    expect((await body.bytes(10)).toString()).toBe('some');
  });
});
