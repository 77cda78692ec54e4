import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';

/** Statuses for clients of `addresses`, which a trusted proxy tells of. */
async function statuses(ip: object, addresses: readonly string[]): Promise<number[]> {
  const { fetch } = await startGateway({
    config: {
      server: { trustedProxies: ['127.0.0.1'] },
      routes: { all: forwardTo('/*', { ip }) },
    },
    upstreams: { up: () => ({}) },
  });
  const answers = addresses.map((each) => fetch('/', { headers: { 'x-forwarded-for': each } }));
  return (await Promise.all(answers)).map(({ status }) => status);
}

describe('ip', () => {
  test('lets in whom it allows, and refuses everybody else', async () => {
    const ip = { allow: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'] };
    const addresses = ['192.0.2.9', '2001:db8:1::1', '198.51.100.7', '198.51.100.8', '2001:db9::1'];
    expect(await statuses(ip, addresses)).toEqual([200, 200, 200, 403, 403]);
  });

  test('refuses whom it denies, and lets in everybody else', async () => {
    const ip = { deny: ['192.0.2.0/24', '::/0'] };
    expect(await statuses(ip, ['192.0.2.9', '198.51.100.7', '2001:db8::1'])).toEqual([
      403, 200, 403,
    ]);
  });

  test('lets deny win', async () => {
    const ip = { allow: ['192.0.2.0/24'], deny: ['192.0.2.7'] };
    expect(await statuses(ip, ['192.0.2.6', '192.0.2.7'])).toEqual([200, 403]);
  });

  test('knows an IPv4 address inside of IPv6, in either spelling', async () => {
    const ip = { deny: ['192.0.2.1'] };
    expect(await statuses(ip, ['::ffff:192.0.2.1', '::ffff:c000:201', '::192.0.2.1'])).toEqual([
      403, 403, 200,
    ]);
  });

  test('tells by the full address, where limits count networks', async () => {
    const ip = { deny: ['2001:db8::1'] };
    expect(await statuses(ip, ['2001:db8::1', '2001:db8::2'])).toEqual([403, 200]);
  });

  test('answers before a token is asked for, with a code of its own', async () => {
    const { fetch } = await startGateway({
      config: {
        plugins: {
          jwt: {
            issuers: { a: { issuer: 'https://a', secret: 'x'.repeat(32), algorithms: ['HS256'] } },
          },
        },
        routes: { all: forwardTo('/*', { ip: { deny: ['127.0.0.0/8'] }, jwt: { issuer: 'a' } }) },
      },
      upstreams: { up: () => ({}) },
    });
    const response = await fetch('/', { headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('GW_ADDRESS_DENIED');
  });

  test('that says nothing, or no address, is a fault', async () => {
    const told = (ip: string): Promise<string[]> =>
      faultsOf(withOrders(`routes: { a: { match: { path: /a }, upstream: orders, ip: ${ip} } }`));
    expect(await told('{}')).toEqual([
      'c.yaml:3:59  routes.a.ip: does nothing: give it "allow", "deny", or both',
    ]);
    expect(await told('{ allow: [10.0.0.0/40] }')).toEqual([
      'c.yaml:3:69  routes.a.ip.allow[0]: "10.0.0.0/40": the part after the / must be 0 to 32',
    ]);
  });
});
