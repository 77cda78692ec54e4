import type { SecureVersion } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { UpstreamConfig, UpstreamTlsConfig } from '../../src/config/build/config.ts';
import { isGatewayError } from '../../src/core/errors.ts';
import { openPool } from '../../src/upstream/pool.ts';
import { aRequest } from '../helpers/call.ts';
import { identity, pem, startSecure } from '../helpers/secure-upstream.ts';
import { configOf, leafTo, SURROUNDINGS } from '../helpers/state.ts';
import { eventually, startUpstream, startWire } from '../helpers/upstream.ts';

const ca = pem('ca.pem');

/** The status of one call, or the code and type of its failure. */
async function outcomeAt(
  url: string,
  tls?: UpstreamTlsConfig,
  fields: Partial<UpstreamConfig> = {},
): Promise<readonly unknown[]> {
  const config = { connectTimeoutMs: 500, ...(tls === undefined ? {} : { tls }), ...fields };
  const { call, state } = leafTo(url, config);
  try {
    const { status, body } = await call(aRequest());
    await body.dump();
    return [status];
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    expect(error.message).not.toMatch(/127|localhost|other|CN=/);
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
    return [error.code, error.options.proxyStatus];
  }
}

const REFUSED = ['GW_UPSTREAM_CONNECT', 'tls_certificate_error'];

describe('the certificate of a target', () => {
  test('is accepted if the given authority signed it', async () => {
    const { url } = await startSecure((_request, response) => void response.end());
    expect(await outcomeAt(url, { ca })).toEqual([200]);
  });

  test('is refused if no public authority signed it', async () => {
    const { url, hits } = await startSecure((_request, response) => void response.end());
    expect(await outcomeAt(url)).toEqual(REFUSED);
    expect(hits).toBe(0);
  });

  test.each([
    ['self-signed', { ca }],
    ['self-signed', {}],
    ['expired', { ca }],
    ['other', { ca }],
  ])('is refused when it is %s (%o)', async (name, tls) => {
    const { url } = await startSecure((_request, response) => void response.end(), identity(name));
    expect(await outcomeAt(url, tls)).toEqual(REFUSED);
    expect(await outcomeAt(url, tls, { http2: true })).toEqual(REFUSED);
  });

  test('may itself be the trusted one', async () => {
    const { url } = await startSecure(
      (_request, response) => void response.end(),
      identity('self-signed'),
    );
    expect(await outcomeAt(url, { ca: pem('self-signed.pem') })).toEqual([200]);
  });

  test('is refused every time: a failed session is not resumed', async () => {
    const { url } = await startSecure((_request, response) => void response.end(), {
      ...identity('other'),
      maxVersion: 'TLSv1.2',
    });
    const { call } = leafTo(url, { tls: { ca } });
    for (let i = 0; i < 5; i++) {
      await expect(call(aRequest())).rejects.toMatchObject({ code: 'GW_UPSTREAM_CONNECT' });
    }
  });

  test('is refused even if the environment says otherwise', async () => {
    const { url } = await startSecure((_request, response) => void response.end());
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await outcomeAt(url)).toEqual(REFUSED);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});

describe('the name', () => {
  test('that is requested and verified is servername', async () => {
    const upstream = await startSecure(
      (_request, response) => void response.end(),
      identity('other'),
    );
    expect(await outcomeAt(upstream.url, { ca, servername: 'other.internal' })).toEqual([200]);
    expect(await outcomeAt(upstream.url, { ca, servername: 'orders.internal' })).toEqual(REFUSED);
    expect(upstream.names[0]).toBe('other.internal');
  });

  test('is the target’s host by default; an address is not requested', async () => {
    const upstream = await startSecure((_request, response) => void response.end());
    expect(await outcomeAt(upstream.url, { ca })).toEqual([200]);
    expect(await outcomeAt(upstream.url.replace('127.0.0.1', 'localhost'), { ca })).toEqual([200]);
    expect(upstream.names).toEqual([false, 'localhost']);
  });

  test('is that of a discovered target, whose origin has the address', async () => {
    const { url, names } = await startSecure((_request, response) => void response.end());
    const config = configOf([url], { tls: { ca } });
    for (const host of ['orders.internal:8443', 'other.internal']) {
      const pool = openPool(url, config, SURROUNDINGS, host);
      const outcome = pool
        .request({ path: '/', method: 'GET' })
        .then(({ statusCode }) => statusCode, String);
      const expected = host.startsWith('orders') ? 200 : expect.stringContaining('does not match');
      expect(await outcome).toEqual(expected);
      await pool.destroy();
    }
    expect(names[0]).toBe('orders.internal');
  });

  test('is never what a client sends as Host, and connections serve any Host', async () => {
    const upstream = await startSecure(
      (request, response) => void response.end(request.headers.host),
    );
    const { call } = leafTo(upstream.url, { tls: { ca, servername: 'orders.internal' } });
    for (const host of ['other.internal', 'a.example', '127.0.0.1', 'localhost']) {
      const { body } = await call(aRequest({ headers: { host } }));
      expect((await body.bytes(100)).toString()).toBe(host);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(upstream.names).toEqual(['orders.internal']);
  });
});

describe('a client certificate', () => {
  const demanding = (maxVersion: SecureVersion) =>
    startSecure((_request, response) => void response.end(), {
      ...identity('server'),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion,
    });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('is presented if configured (%s)', async (version) => {
    const { url } = await demanding(version);
    expect(await outcomeAt(url, { ca, ...identity('client') })).toEqual([200]);
  });

  const unaccepted: readonly UpstreamTlsConfig[] = [{ ca }, { ca, ...identity('self-signed') }];

  test('that is missing or not accepted prevents the connection', async () => {
    const upstream = await demanding('TLSv1.2');
    const outcomes = await Promise.all(unaccepted.map((tls) => outcomeAt(upstream.url, tls)));
    expect(outcomes).toEqual([
      ['GW_UPSTREAM_CONNECT', 'tls_alert_received'],
      // Node.js checks it after the handshake and closes the connection without an alert.
      ['GW_UPSTREAM_CONNECT', 'connection_terminated'],
    ]);
    expect(upstream.hits).toBe(0);
  });

  test('that is missing or not accepted is 502 even if TLS 1.3 let the client begin', async () => {
    const upstream = await demanding('TLSv1.3');
    for (const tls of unaccepted) {
      for (const http2 of [false, true]) {
        const [code] = await outcomeAt(upstream.url, tls, { http2 });
        expect(code).toMatch(/^GW_UPSTREAM_(CONNECT|RESET)$/);
      }
    }
    expect(upstream.hits).toBe(0);
  });
});

describe('a handshake', () => {
  test('with a TLS 1.1 server fails', async () => {
    const { url } = await startSecure((_request, response) => void response.end(), {
      ...identity('server'),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [code, proxyStatus] = await outcomeAt(url, { ca });
    expect(code).toBe('GW_UPSTREAM_CONNECT');
    expect(proxyStatus).toMatch(/^tls_(protocol_error|alert_received)$/);
  });

  test('with plain HTTP fails', async () => {
    const { url } = await startUpstream((_request, response) => void response.end());
    expect(await outcomeAt(url.replace('http', 'https'), { ca })).toEqual([
      'GW_UPSTREAM_CONNECT',
      'tls_protocol_error',
    ]);
  });

  test.each([false, true])('that hangs ends after connectTimeout (http2: %s)', async (http2) => {
    const upstream = await startWire(() => undefined);
    const startedAt = performance.now();
    const url = upstream.url.replace('http', 'https');
    expect(await outcomeAt(url, { ca }, { connectTimeoutMs: 100, http2 })).toEqual([
      'GW_UPSTREAM_CONNECT',
      'connection_timeout',
    ]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await eventually(() => upstream.open === 0);
  });
});
