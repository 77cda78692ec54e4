import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

const TRUSTED = ['127.0.0.1', '10.0.0.0/8'];

/** What the upstream receives if 127.0.0.1 sends `fields` over HTTP/1.1 or HTTP/2. */
async function relay(version: 1 | 2, fields: readonly string[], server: object = {}) {
  const upstream = await startRecorder();
  const tls = version === 2 ? { tls: pair('server') } : {};
  const { url } = await startGateway({
    config: {
      server: { trustedProxies: TRUSTED, ...tls, ...server },
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: forwardTo('/*') },
    },
  });
  if (version === 1) await request(url, ['GET / HTTP/1.1', 'Host: own.test', ...fields]);
  else {
    const headers: Record<string, string | string[]> = { ':authority': 'own.test' };
    for (const field of fields) {
      const [name = '', value = ''] = field.split(/: ?/, 2);
      headers[name.toLowerCase()] = [headers[name.toLowerCase()] ?? [], value].flat();
    }
    await fetchH2(await openH2(url), headers);
  }
  return upstream.received[0]?.headers ?? {};
}

describe('scheme and host come from the proxy that gave the address', () => {
  const own = 'own.test';
  test.each([
    // X-Forwarded-For, -Proto, -Host → address, scheme, host
    ['203.0.113.9, 127.0.0.1', 'https, http', 'a.test, b.test', '203.0.113.9', 'https', 'a.test'],
    ['6.6.6.6, 203.0.113.9', 'https, http', 'a.test, b.test', '203.0.113.9', 'http', 'b.test'],
    [
      '6.6.6.6, 203.0.113.9, 10.0.0.1',
      'x, https, http',
      'x,a.test,y',
      '203.0.113.9',
      'https',
      'a.test',
    ],
    ['10.0.0.2, 10.0.0.1', 'https, http', 'a.test, b.test', '10.0.0.2', 'https', 'a.test'],
    // A single value holds, whoever the client is.
    ['203.0.113.9, 127.0.0.1', 'HTTPS', 'A.test:8443', '203.0.113.9', 'https', 'a.test:8443'],
    ['203.0.113.9', 'wss', 'a.test', '203.0.113.9', 'https', 'a.test'],
    ['unknown', 'https', 'a.test', '127.0.0.1', 'https', 'a.test'],
    ['', 'https', 'a.test', '127.0.0.1', 'https', 'a.test'],
    // Values in lists of another length cannot be matched to proxies.
    [
      '203.0.113.9, 127.0.0.1',
      'https, https, http',
      'a.test, b.test, c.test',
      '203.0.113.9',
      'http',
      own,
    ],
    ['203.0.113.9', 'https, https', 'a.test, b.test', '203.0.113.9', 'http', own],
    ['', 'https, https', 'a.test, b.test', '127.0.0.1', 'http', own],
    ['203.0.113.9, unknown', 'https, https', 'a.test, b.test', '127.0.0.1', 'http', own],
    // Odd, but valid lists (RFC 9110 §5.6.1.2).
    [
      '203.0.113.9 ,, 127.0.0.1,',
      ', https,http',
      'a.test\t,b.test,',
      '203.0.113.9',
      'https',
      'a.test',
    ],
    [
      '203.0.113.9:4711, [::ffff:10.0.0.1]:1',
      'https, http',
      'a.test, b.test',
      '203.0.113.9',
      'https',
      'a.test',
    ],
    ['203.0.113.9, 127.0.0.1', 'https,', ',a.test', '203.0.113.9', 'https', 'a.test'],
    // An invalid scheme or host is ignored.
    ['203.0.113.9, 127.0.0.1', 'gopher, https', 'a@b, b.test', '203.0.113.9', 'http', own],
    ['203.0.113.9', 'constructor', 'a..test', '203.0.113.9', 'http', own],
  ])('for %s, %s and %s', async (list, protos, hosts, address, scheme, host) => {
    const fields = [`X-Forwarded-For: ${list}`, `X-Forwarded-Proto: ${protos}`];
    const headers = await relay(1, [...fields, `X-Forwarded-Host: ${hosts}`]);
    expect([
      String(headers['x-forwarded-for']).split(', ')[0],
      headers['x-forwarded-proto'],
      headers['x-forwarded-host'],
    ]).toEqual([address, scheme, host]);
  });

  test.each([
    [
      'for=203.0.113.9;proto=https;host=a.test, for=127.0.0.1;proto=http;host=b.test',
      'https',
      'a.test',
    ],
    [
      'for=6.6.6.6;proto=https;host=a.test, for=203.0.113.9;Proto="HTTP";Host="b.test:80"',
      'http',
      'b.test:80',
    ],
    ['proto=https;host=a.test', 'https', 'a.test'],
    ['for=unknown;proto=https;host=a.test', 'https', 'a.test'],
    ['for=_hidden;proto=https, proto=https;host=a.test', 'http', own],
    [';for=203.0.113.9;;proto=https;x-id=1;host=a.test;,', 'https', 'a.test'],
  ])('for Forwarded: %s', async (forwarded, scheme, host) => {
    const headers = await relay(1, [`Forwarded: ${forwarded}`]);
    expect([headers['x-forwarded-proto'], headers['x-forwarded-host']]).toEqual([scheme, host]);
  });

  test.each([1, 2] as const)('if each value came in its own field: HTTP/%i', async (version) => {
    const headers = await relay(version, [
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: a.test',
      'X-Forwarded-Host: b.test',
    ]);
    expect(headers).toMatchObject({
      'x-forwarded-for': '203.0.113.9, 127.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a.test',
    });
  });
});

describe.each([1, 2] as const)('X-Forwarded-Port and -Prefix (HTTP/%i)', (version) => {
  const fields = ['X-Forwarded-Port: 8443, 80', 'X-Forwarded-Prefix: /../shop'];

  test('from a trusted proxy are passed on unchanged and not used', async () => {
    const headers = await relay(version, fields);
    expect(headers).toMatchObject({
      'x-forwarded-port': '8443, 80',
      'x-forwarded-prefix': '/../shop',
      'x-forwarded-host': 'own.test',
    });
  });

  test('from anybody else are removed', async () => {
    const headers = await relay(version, fields, { trustedProxies: ['192.0.2.1'] });
    expect(Object.keys(headers)).not.toContain('x-forwarded-port');
    expect(Object.keys(headers)).not.toContain('x-forwarded-prefix');
  });
});

test('a prefix that a plugin sets is not replaced by a proxy’s', async () => {
  const upstream = await startRecorder();
  const set = { request: { set: { 'x-forwarded-prefix': '/own' } } };
  const { fetch } = await startGateway({
    config: {
      server: { trustedProxies: TRUSTED },
      upstreams: { up: { targets: [upstream.url] } },
      routes: { own: forwardTo('/own', { headers: set }), other: forwardTo('/other') },
    },
  });
  const headers = { 'x-forwarded-prefix': '/forged' };
  await fetch('/own', { headers });
  await fetch('/other', { headers });
  const seen = upstream.received.map((each) => each.headers['x-forwarded-prefix']);
  expect(seen).toEqual(['/own', undefined]);
});

test('parts of an aggregate get them too', async () => {
  const upstream = await startRecorder();
  const { fetch } = await startGateway({
    config: {
      server: { trustedProxies: TRUSTED },
      upstreams: { up: { targets: [upstream.url] } },
      routes: { all: { match: { path: '/' }, aggregate: { a: { upstream: 'up', path: '/a' } } } },
    },
  });
  await fetch('/', { headers: { 'x-forwarded-prefix': '/shop' } });
  expect(upstream.received[0]?.headers['x-forwarded-prefix']).toBe('/shop');
});

test('clientAddress without trusted proxies is reported as never used', async () => {
  const found = await faultsOf(withOrders('server: { clientAddress: cf-connecting-ip }'));
  expect(found.join()).toContain('server.clientAddress: is never used');
});
