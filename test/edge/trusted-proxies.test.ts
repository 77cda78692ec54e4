import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { startRecorder } from '../gateway/support/upstream.ts';

/** Sends `fields` from 127.0.0.1 and returns what the upstream received. */
async function relay(
  fields: readonly string[],
  trustedProxies = ['127.0.0.1', '10.0.0.0/8'],
  server: object = {},
) {
  const upstream = await startRecorder();
  const { url } = await startGateway({
    config: {
      server: { trustedProxies, ...server },
      upstreams: { up: { targets: [upstream.url] } },
      routes: {
        inner: { match: { path: '/*', hosts: ['inner.example'] }, upstream: 'up' },
        all: forwardTo('/*'),
      },
    },
  });
  const answer = await request(url, ['GET / HTTP/1.1', 'Host: shop.example', ...fields]);
  return { answer, headers: upstream.received[0]?.headers ?? {} };
}

const chainOf = async (...fields: string[]): Promise<unknown> =>
  (await relay(fields)).headers['x-forwarded-for'];

describe('the client behind trusted proxies', () => {
  test.each([
    ['6.6.6.6, 192.0.2.1, 10.0.0.2', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    ['192.0.2.1', '192.0.2.1, 127.0.0.1'],
    ['6.6.6.6, garbage, 10.0.0.2', '10.0.0.2, 127.0.0.1'],
    ['192.0.2.1,, 10.0.0.2', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    [', 192.0.2.1 ,\t10.0.0.2 , ', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    ['192.0.2.1,', '192.0.2.1, 127.0.0.1'],
    [',,,', '127.0.0.1'],
    ['6.6.6.6, unknown', '127.0.0.1'],
    ['6.6.6.6, 192.0.2.999', '127.0.0.1'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3, 10.0.0.2, 127.0.0.1'],
    ['192.0.2.1:4711', '192.0.2.1, 127.0.0.1'],
    ['[2001:db8::1]:4711', '2001:db8::1, 127.0.0.1'],
    ['2001:0DB8:0::1', '2001:db8::1, 127.0.0.1'],
    ['192.0.2.1, ::ffff:10.0.0.2', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    ['192.0.2.1, ::ffff:a00:2', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    ['fe80::1%eth0', '127.0.0.1'],
    [' ', '127.0.0.1'],
  ])('X-Forwarded-For: %s is sent on as %s', async (list, chain) => {
    expect(await chainOf(`X-Forwarded-For: ${list}`)).toBe(chain);
  });

  test.each([
    ['for=6.6.6.6, for=192.0.2.1, for=10.0.0.2', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    ['For="[2001:db8::1]:80";proto=https', '2001:db8::1, 127.0.0.1'],
    ['for=192.0.2.1, for=_hidden', '127.0.0.1'],
    ['for=192.0.2.1, by=10.0.0.2', '127.0.0.1'],
    ['for="6.6.6.6, for=192.0.2.1', '127.0.0.1'],
    ['for="6.6.6.6\\", for="[2001:db8::1]"', '127.0.0.1'],
    ['for=6.6.6.6;for=192.0.2.1', '127.0.0.1'],
    ['for=192.0.2.1;;proto=https;', '192.0.2.1, 127.0.0.1'],
    ['for=192.0.2.1,, ,for=10.0.0.2,', '192.0.2.1, 10.0.0.2, 127.0.0.1'],
    ['for=192.0.2.1;x-id="a,b;c"; by=_p', '192.0.2.1, 127.0.0.1'],
  ])('Forwarded: %s is sent on as %s', async (list, chain) => {
    expect(await chainOf(`Forwarded: ${list}`)).toBe(chain);
  });

  test('is the one in X-Forwarded-For if Forwarded disagrees', async () => {
    const chain = await chainOf('Forwarded: for=6.6.6.6', 'X-Forwarded-For: 192.0.2.1');
    expect(chain).toBe('192.0.2.1, 127.0.0.1');
  });

  test('is sent in Forwarded too, with each proxy', async () => {
    const { headers } = await relay([
      'X-Forwarded-For: 2001:db8::1, 10.0.0.2',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: inner.example',
    ]);
    expect(headers['forwarded']).toBe(
      'for="[2001:db8::1]";host="inner.example";proto=https, for=10.0.0.2, for=127.0.0.1',
    );
    expect(headers['x-forwarded-proto']).toBe('https');
    expect(headers['x-forwarded-host']).toBe('inner.example');
  });

  test('comes from Forwarded with its scheme and host', async () => {
    const { headers } = await relay([
      'Forwarded: for=6.6.6.6;host=evil, for=192.0.2.1;host=inner.example;proto=https',
    ]);
    expect(headers).toMatchObject({
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
      'x-forwarded-host': 'inner.example',
      'x-forwarded-proto': 'https',
    });
  });

  test('is found through at most 32 proxies', async () => {
    const list = ['192.0.2.1', ...Array.from({ length: 1_000 }, () => '10.0.0.1')].join(',');
    expect(String(await chainOf(`X-Forwarded-For: ${list}`)).split(', ')).toHaveLength(33);
  });

  test('keeps its request id if that is valid', async () => {
    const kept = await relay(['X-Request-Id: trace.1_a-B']);
    expect(kept.answer.headers['x-request-id']).toBe('trace.1_a-B');
    expect(kept.headers['x-request-id']).toBe('trace.1_a-B');
    for (const bad of ['a b', 'a"b', 'x'.repeat(129), '']) {
      const { answer } = await relay([`X-Request-Id: ${bad}`]);
      expect(answer.headers['x-request-id']).not.toBe(bad);
    }
  });

  test('loses every other field that a proxy could set', async () => {
    const { headers } = await relay([
      'X-Forwarded-Client-Cert: Subject="CN=admin"',
      'X-Forwarded-User: admin',
      'X-Original-URL: /admin',
      'X_Forwarded_For: 6.6.6.6',
    ]);
    expect(Object.keys(headers).toSorted()).toEqual([
      'connection',
      'forwarded',
      'host',
      'via',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-request-id',
    ]);
  });
});

test('a peer that is not trusted is not believed at all', async () => {
  const fields = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Request-Id: mine'];
  const { headers } = await relay([...fields, 'X-Forwarded-Host: inner.example'], ['192.0.2.0/24']);
  expect(headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'shop.example',
    'x-forwarded-proto': 'http',
    forwarded: 'for=127.0.0.1;host="shop.example";proto=http',
  });
  expect(headers['x-request-id']).not.toBe('mine');
});

test('limits by address count the client, not the proxy', async () => {
  const { url } = await startGateway({
    config: {
      server: { trustedProxies: ['127.0.0.1'] },
      routes: { all: forwardTo('/*', { rateLimit: { max: 1, window: '1h', by: 'address' } }) },
    },
    upstreams: { up: () => ({}) },
  });
  const from = async (address: string): Promise<number> => {
    const lines = ['GET / HTTP/1.1', 'Host: a', `X-Forwarded-For: 6.6.6.6, ${address}`];
    return (await request(url, lines)).status;
  };
  expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([
    200, 429, 200,
  ]);
});

describe('trustedProxies', () => {
  test.each([
    ['10.0.0', '"10.0.0" is not an address or a network such as 10.0.0.0/8 or ::1'],
    ['10.0.0.0/33', '"10.0.0.0/33": the part after the / must be 0 to 32'],
    ['::/129', '"::/129": the part after the / must be 0 to 128'],
    ['10.0.0.0/', '"10.0.0.0/": the part after the / must be 0 to 32'],
    ['a.example', '"a.example" is not an address or a network such as 10.0.0.0/8 or ::1'],
    ['::ffff:10.0.0.0/104', '"::ffff:10.0.0.0/104" is IPv4 inside IPv6: write it as IPv4'],
  ])('may not hold %s', async (range, message) => {
    const text = withOrders(`server: { trustedProxies: ["${range}"] }`);
    expect(await faultsOf(text)).toEqual([`c.yaml:3:28  server.trustedProxies[0]: ${message}`]);
  });
});
