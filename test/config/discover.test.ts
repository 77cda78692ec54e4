import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { DiscoverConfig } from '../../src/config/build/config.ts';
import { testGateway } from '../../src/testing.ts';
import { configOf, faultsOf } from './config-files.ts';

/** What an upstream that says `discover` is told to look up. */
async function discoverOf(
  discover: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<DiscoverConfig | undefined> {
  const text = `version: 1\nupstreams: { orders: { discover: ${discover} } }`;
  const { upstreams } = await configOf(text, environment);
  return upstreams['orders']?.discover;
}

describe('discover', () => {
  test('takes the place of targets', async () => {
    const { upstreams } = await configOf(
      'version: 1\nupstreams: { a: { discover: { dns: a.svc, port: 80 } }, b: { targets: [http://b] } }',
    );
    expect(upstreams['a']?.targets).toEqual([]);
    expect(upstreams['b']).not.toHaveProperty('discover');
  });

  test('by DNS asks the system for addresses, as long as the records live', async () => {
    expect(await discoverOf('{ dns: orders.svc.local, port: 8080 }')).toEqual({
      kind: 'dns',
      name: 'orders.svc.local',
      type: 'A',
      port: 8080,
      scheme: 'http',
      resolvers: [],
    });
  });

  test('by DNS takes a type, a time, a scheme and servers', async () => {
    expect(
      await discoverOf(
        '{ dns: _h._tcp.a.svc, type: SRV, refresh: 10s, scheme: https, resolver: ["[::1]:53", 10.0.0.2] }',
      ),
    ).toEqual({
      kind: 'dns',
      name: '_h._tcp.a.svc',
      type: 'SRV',
      refreshMs: 10_000,
      scheme: 'https',
      resolvers: ['[::1]:53', '10.0.0.2'],
    });
    expect(await discoverOf('{ dns: a, port: 1, resolver: "127.0.0.1:5353" }')).toMatchObject({
      resolvers: ['127.0.0.1:5353'],
    });
  });

  test('by DNS reads a name without its last dot, in lower case', async () => {
    expect(await discoverOf('{ dns: Orders.Svc., port: 80 }')).toMatchObject({
      name: 'orders.svc',
      isWhole: true,
    });
  });

  test('in Consul waits 55 s for the passing instances of a service', async () => {
    expect(await discoverOf('{ consul: "http://127.0.0.1:8500", service: orders }')).toEqual({
      kind: 'consul',
      origin: 'http://127.0.0.1:8500',
      service: 'orders',
      tags: [],
      scheme: 'http',
      waitMs: 55_000,
    });
  });

  test('in Consul takes tags, a datacenter, a token and a time', async () => {
    const environment = { CONSUL_TOKEN: 'b1gs33cr3t' };
    expect(
      await discoverOf(
        '{ consul: "https://c", service: a, tag: [v1, eu], datacenter: dc2, token: "${CONSUL_TOKEN}", wait: 1m }',
        environment,
      ),
    ).toMatchObject({
      origin: 'https://c',
      tags: ['v1', 'eu'],
      datacenter: 'dc2',
      token: 'b1gs33cr3t',
      waitMs: 60_000,
    });
    expect(await discoverOf('{ consul: "http://c", service: a, tag: v1 }')).toMatchObject({
      tags: ['v1'],
    });
  });

  test.each([
    ['"${T}"', 'b1gs33cr3t\nx', 'contains characters that a header must not have'],
    ['8675309', '', 'expected text, in quotes'],
    ['[b1gs33cr3t]', '', 'expected text, in quotes'],
  ])('in Consul does not tell its token in a fault: %s', async (token, T, message) => {
    const faults = await faultsOf(
      `version: 1\nupstreams:\n  a:\n    discover:\n      consul: http://c\n      service: a\n      token: ${token}`,
      { T },
    );
    expect(faults).toEqual([`c.yaml:7:14  upstreams.a.discover.token: ${message}`]);
  });

  test('of a faked upstream looks nothing up', async () => {
    const { fetch, close } = await testGateway({
      config: {
        upstreams: { orders: { discover: { dns: 'orders.invalid', port: 80 } } },
        routes: { orders: { match: { path: '/*' }, upstream: 'orders' } },
      },
      upstreams: { orders: () => ({ status: 204 }) },
    });
    expect((await fetch('/')).status).toBe(204);
    await close();
  });
});

describe('an editor', () => {
  const validate = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync('gateway.schema.json', 'utf8')) as object,
  );
  const accepts = (upstream: string): boolean =>
    validate(parse(`version: 1\nupstreams: { a: ${upstream} }`));

  test.each([
    '{ targets: [http://a] }',
    '{ discover: { dns: a, port: 80 } }',
    '{ discover: { dns: a, type: AAAA, port: "${PORT}" } }',
    '{ discover: { dns: a, type: SRV } }',
    '{ discover: { dns: a, type: "${TYPE}", port: 80 } }',
    '{ discover: { consul: "${CONSUL}", service: a } }',
  ])('takes %s', (upstream) => {
    expect(accepts(upstream)).toBe(true);
  });

  test.each([
    '{}',
    '{ targets: [http://a], discover: { dns: a, port: 80 } }',
    '{ discover: { dns: a } }',
    '{ discover: { dns: a, type: AAAA } }',
    '{ discover: { dns: a, type: SRV, port: 80 } }',
    '{ discover: { consul: "http://c" } }',
    '{ discover: { consul: "http://c", service: a, port: 80 } }',
  ])('refuses %s', (upstream) => {
    expect(accepts(upstream)).toBe(false);
  });
});
