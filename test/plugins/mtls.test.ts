import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultsOf, withOrders } from '../config/config-files.ts';
import { fetchH2, openH2 } from '../helpers/h2-client.ts';
import { ask, openSecure } from '../helpers/secure-client.ts';
import { identity, pem } from '../helpers/secure-upstream.ts';
import { listenTls, pair } from '../listener/gateway.ts';

const clientCa = join(process.cwd(), 'test/fixtures/tls/ca.pem');
const authorities = pem('ca.pem') + pem('workload.pem');

/** A gateway that notes who asked. */
async function knowing(tls: object, route: object = { mtls: {} }) {
  const consumers: unknown[] = [];
  const gateway = await listenTls(
    { ...pair('server'), clientCa, ...tls },
    {
      route,
      up: ({ consumer }) => {
        consumers.push(consumer);
        return {};
      },
    },
  );
  return { ...gateway, consumers };
}

describe('a client certificate', () => {
  test('says who the consumer is, by its common name', async () => {
    const { url, consumers } = await knowing({});
    expect((await ask(url, identity('client'))).status).toBe(200);
    expect(consumers).toEqual([
      {
        id: 'client',
        via: 'mtls',
        issuer: 'CN=Portico test authority',
        scopes: new Set(),
        claims: {
          sub: 'client',
          subject: 'CN=client',
          names: ['DNS:gateway'],
          fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) as unknown,
        },
      },
    ]);
  });

  test('has claims that a limit may go by', async () => {
    const rateLimit = { max: 1, window: '1h', by: 'claim:fingerprint' };
    const { url } = await knowing({ clientCa: authorities }, { mtls: {}, rateLimit });
    const statusOf = async (name: string) => (await ask(url, identity(name))).status;
    expect(await statusOf('client')).toBe(200);
    expect(await statusOf('client')).toBe(429);
    expect(await statusOf('workload')).toBe(200);
  });

  test('says so by its URI where it has no common name', async () => {
    const { url, consumers } = await knowing({ clientCa: authorities });
    await ask(url, identity('workload'));
    expect(consumers).toMatchObject([{ id: 'spiffe://shop/billing' }]);
  });

  test('says so on a session that was resumed', async () => {
    const { url, consumers } = await knowing({});
    const first = await openSecure(url, identity('client'));
    const session = await new Promise<Buffer>((resolve) => first.once('session', resolve));
    first.destroy();
    const again = await openSecure(url, { ...identity('client'), session });
    again.end('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await expect.poll(() => consumers).toMatchObject([{ id: 'client' }]);
    expect(again.isSessionReused()).toBe(true);
  });

  test.each([
    ['none', {}],
    ['one that nobody known has signed', identity('self-signed')],
    ['one that is for a server and has expired', identity('expired')],
  ])('is required: %s gets no connection', async (_which, own) => {
    const { url, consumers } = await knowing({});
    await expect(ask(url, own)).rejects.toThrow();
    expect(consumers).toEqual([]);
  });

  test.each([
    ['none', {}],
    ['one that nobody known has signed', identity('self-signed')],
  ])('is optional: %s is told to bring one, where the route asks', async (_which, own) => {
    const { url, consumers } = await knowing({ clientAuth: 'optional' });
    const answer = await ask(url, own);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('ClientCertificate');
    expect(answer.body).toContain('GW_TOKEN_MISSING');
    expect((await ask(url, identity('client'))).status).toBe(200);
    expect(consumers).toHaveLength(1);
  });

  test('is optional on the route too: nobody is known then', async () => {
    const { url, consumers } = await knowing(
      { clientAuth: 'optional' },
      { mtls: { required: false } },
    );
    await ask(url);
    await ask(url, identity('client'));
    expect(consumers).toEqual([undefined, expect.objectContaining({ id: 'client' })]);
  });

  test('says so over HTTP/2 too', async () => {
    const { url, consumers } = await knowing({});
    await fetchH2(await openH2(url, identity('client')), {});
    expect(consumers).toMatchObject([{ id: 'client' }]);
  });

  test('counts by name in limits', async () => {
    const { url } = await knowing(
      { clientAuth: 'optional', clientCa: authorities },
      { mtls: { required: false }, rateLimit: { max: 1, window: '1h' } },
    );
    const statuses = [];
    for (const own of ['client', 'client', 'workload']) {
      statuses.push((await ask(url, identity(own))).status);
    }
    expect(statuses).toEqual([200, 429, 200]);
  });
});

test('mtls without a clientCa is a fault', async () => {
  const route = 'routes: { a: { match: { path: /a }, upstream: orders, mtls: {} } }';
  const message =
    'is refused unless the server allows it: set "tls" with a "clientCa" under "server"';
  expect(await faultsOf(withOrders(route))).toEqual([`c.yaml:3:55  routes.a.mtls: ${message}`]);
});
