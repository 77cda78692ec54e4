import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { API, faultsOfText, runText } from './run-text.ts';

const TLS = resolve('test/fixtures/tls');

const passes = async (...given: Parameters<typeof runText>): Promise<void> => {
  const { failures, notes, results } = await runText(...given);
  expect([...failures, ...(failures.length > 0 ? notes : [])]).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
};

describe('requests of a case', () => {
  test('are sent with query, fields and body', () =>
    passes(`
  - name: a
    upstreams: { api: { body: ok } }
    request:
      path: /a?x=1
      query: { y: [2, three], z: true }
      headers: { X-Tag: [a, b], accept: text/plain }
      body: { n: 1 }
    expect: { status: 200, body: ok }
    calls:
      api:
        method: POST
        path: /a
        query: { x: '1', y: ['2', three], z: 'true' }
        headers: { x-tag: { includes: a }, accept: text/plain, content-type: application/json }
        body: { n: 1 }`));

  test('are text where the body is text', () =>
    passes(`
  - name: a
    upstreams: { api: { status: 204 } }
    request: { method: PUT, path: /a, headers: { content-type: text/csv }, body: 'a,b' }
    expect: { status: 204, body: { absent: true }, headers: { content-type: { absent: true } } }
    calls: { api: { body: 'a,b', headers: { content-type: text/csv } } }`));

  test('come from the address that the case says', () =>
    passes(
      `
  - name: v4
    from: 203.0.113.7
    request: /a
    upstreams: { api: { status: 200 } }
    calls: { api: { headers: { x-forwarded-for: 203.0.113.7 } } }
  - name: v6
    from: '2001:db8::1'
    request: /a
    expect: { status: 403, error: GW_ADDRESS_DENIED }
    calls: none`,
      API('ip: { allow: [203.0.113.0/24] }'),
    ));

  test('come by TLS, and to the host, that a URL says', () =>
    passes(`
  - name: a
    request: GET https://shop.example/a
    upstreams: { api: {} }
    calls: { api: { headers: { x-forwarded-proto: https, x-forwarded-host: shop.example } } }`));

  test('come to the listener that fits, which need not be open', () =>
    passes(
      `
  - name: plain requests are sent to https
    request: GET http://shop.example/a
    expect: { status: 308, headers: { location: 'https://shop.example/a' } }
  - name: secure ones are served
    request: GET https://shop.example/a
    upstreams: { api: { body: ok } }
    expect: { status: 200 }
  - name: one can be named
    listener: plain
    request: /a
    expect: { status: 308 }`,
      API().replace(
        'upstreams:',
        `server:
  listeners:
    plain: { port: 80, redirectHttps: { port: 443 } }
    secure: { port: 443, proxyProtocol: { version: v2, from: [10.0.0.1] }, tls: { cert: ${TLS}/server.pem, key: ${TLS}/server.key } }
upstreams:`,
      ),
    ));

  test('get long answers, in their coding', () =>
    passes(
      `
  - name: a
    request: { path: /a, headers: { accept-encoding: gzip } }
    upstreams: { api: { headers: { content-type: text/plain }, body: "${'long '.repeat(40_000)}" } }
    expect: { headers: { content-encoding: gzip }, body: { matches: '^(long ){40000}$' } }`,
      API('compress: {}'),
    ));

  test('fail the case if their connection is closed without an answer', async () => {
    const config = API('fault: { abort: { status: reset } }').replace(
      'upstreams:',
      'server: { allowFaults: true }\nupstreams:',
    );
    const { failures } = await runText('  - { name: a, request: /a }', config);
    expect(failures).toEqual([
      'c.test.yaml:2:25  request: expected an answer, got none: the connection was closed',
    ]);
  });

  test('reach no server, and the note says how to do without', async () => {
    const token = `${btoa('{"alg":"ES256","kid":"1"}')}.${btoa('{"iss":"i","exp":9999999999}')}.${'B'.repeat(85)}A`;
    const config = API('jwt: { issuer: main }').replace(
      'upstreams:',
      'plugins: { jwt: { issuers: { main: { issuer: i, jwks: "http://127.0.0.1:9/keys", algorithms: [ES256] } } } }\nupstreams:',
    );
    const request = `{ path: /a, headers: { authorization: Bearer ${token.replaceAll('=', '')} } }`;
    const { failures, notes } = await runText(
      `  - { name: a, request: ${request}, expect: { status: 200 } }`,
      config,
    );
    expect(notes.join('\n')).toContain('a plugin asked http://127.0.0.1:9/keys');
    expect(failures).toEqual([expect.stringContaining('expect.status: expected 200, got 503')]);
    expect(notes.join('\n')).toContain('a plugin asked http://127.0.0.1:9/keys');
  });

  test('must have a listener that the config has', async () => {
    expect(await faultsOfText('  - { name: a, request: /a, listener: sever }')).toEqual([
      'c.test.yaml:2:39  cases[0].listener: the config has no listener "sever"; did you mean "server"?',
    ]);
  });
});
