import { describe, expect, test } from 'vitest';
import { startDnsServer } from '../../helpers/dns-server.ts';
import { byAddress, byService, watched } from '../../helpers/discovery.ts';
import { systemFiles } from '../../helpers/system-files.ts';
import { eventually } from '../../helpers/upstream.ts';

describe('targets by address', () => {
  test('are the A records of the name, with the name as their host', async () => {
    const server = await startDnsServer({ 'orders.svc': { A: ['10.0.0.2', '10.0.0.1'] } });
    const { found, told } = watched(byAddress(server));
    await told(1);
    expect(found).toEqual([
      [
        { origin: 'http://10.0.0.1:8080', weight: 1, host: 'orders.svc:8080' },
        { origin: 'http://10.0.0.2:8080', weight: 1, host: 'orders.svc:8080' },
      ],
    ]);
    expect(server.questions).toEqual(['A orders.svc']);
  });

  test('are the AAAA records, if those are configured', async () => {
    const server = await startDnsServer({
      'orders.svc': { A: ['10.0.0.1'], AAAA: ['2001:db8::1'] },
    });
    const { found, told } = watched(
      byAddress(server, { type: 'AAAA', scheme: 'https', port: 443 }),
    );
    await told(1);
    expect(found).toEqual([[{ origin: 'https://[2001:db8::1]', weight: 1, host: 'orders.svc' }]]);
  });

  test('are the same list in any order, each once', async () => {
    const server = await startDnsServer({
      'orders.svc': { A: ['10.0.0.10', '10.0.0.9', '10.0.0.9'] },
    });
    const { clock, found, told } = watched(byAddress(server));
    await told(1);
    server.zone.set('orders.svc', { A: ['10.0.0.9', '10.0.0.10'] });
    clock.advance(60_000);
    await told(2);
    expect(found[0]).toHaveLength(2);
    expect(found[1]).toEqual(found[0]);
  });

  test('are an empty list if the name does not exist, or has no such records', async () => {
    const server = await startDnsServer({ 'orders.svc': { AAAA: ['::1'] } });
    const none = watched(byAddress(server));
    const unknown = watched(byAddress(server, { name: 'unknown.svc' }));
    await Promise.all([none.told(1), unknown.told(1)]);
    expect([none.found, unknown.found]).toEqual([[[]], [[]]]);
  });
});

describe('names of the system', () => {
  test('are looked up with its search domains, unless they are fully qualified', async () => {
    const server = await startDnsServer({
      'orders.shop.test': { A: ['10.0.0.1'] },
      orders: { A: ['10.0.0.2'] },
    });
    const files = systemFiles(server, 'search shop.test\n');
    const fields = { name: 'orders', resolvers: [] };
    const searched = watched(byAddress(server, fields), undefined, files);
    const whole = watched(byAddress(server, { ...fields, isWhole: true }), undefined, files);
    await Promise.all([searched.told(1), whole.told(1)]);
    expect(searched.origins).toEqual(['http://10.0.0.1:8080']);
    expect(whole.origins).toEqual(['http://10.0.0.2:8080']);
    expect(whole.found[0]?.[0]?.host).toBe('orders:8080');
  });
});

describe('a look-up that fails', () => {
  test('reports the question, and why there is no answer', async () => {
    const server = await startDnsServer({ 'orders.svc': 'SERVFAIL' });
    const { found, failures, told } = watched(byAddress(server));
    await told(1);
    expect(found).toEqual([]);
    expect(failures[0]?.message).toBe(
      `DNS at ${server.address} did not return the A records of orders.svc: ESERVFAIL`,
    );
    expect(failures[0]?.cause).toBeInstanceOf(Error);
  });

  test('is retried within 5 s', async () => {
    const server = await startDnsServer({ 'orders.svc': 'SERVFAIL' });
    const seen = watched(byAddress(server, { refreshMs: 60_000 }), () => 1 - Number.EPSILON);
    await seen.told(1);
    server.zone.set('orders.svc', { A: ['10.0.0.1'] });
    seen.clock.advance(5_000);
    await seen.told(2);
    expect(seen.origins).toEqual(['http://10.0.0.1:8080']);
  });

  test('is not retried sooner than a successful one is refreshed', async () => {
    const server = await startDnsServer({ 'orders.svc': 'SERVFAIL' });
    const seen = watched(byAddress(server, { refreshMs: 2_000 }), () => 1 - Number.EPSILON);
    await seen.told(1);
    const asked = server.questions.length;
    seen.clock.advance(1_999);
    expect(server.questions).toHaveLength(asked);
    seen.clock.advance(1);
    await seen.told(2);
  });

  test('gives up on servers that are silent', async () => {
    const server = await startDnsServer({ 'orders.svc': 'silence' });
    const { failures, told } = watched(byAddress(server));
    await told(1);
    expect(failures[0]?.message).toMatch(/: ETIMEOUT$/);
    expect(server.questions).toHaveLength(2);
  });

  test('asks the next server if one is silent', async () => {
    const silent = await startDnsServer({ 'orders.svc': 'silence' });
    const server = await startDnsServer({ 'orders.svc': { A: ['10.0.0.1'] } });
    const seen = watched(byAddress(server, { resolvers: [silent.address, server.address] }));
    await seen.told(1);
    expect(seen.origins).toEqual(['http://10.0.0.1:8080']);
  });
});

describe('time between look-ups', () => {
  /** Checks that the next look-up comes after `ms`, and not a millisecond before. */
  async function expectNextAfter(ms: number, entry: object, fields: object = {}): Promise<void> {
    const server = await startDnsServer({ 'orders.svc': entry, '_http._tcp.orders.svc': entry });
    const config = 'SRV' in entry ? byService(server, fields) : byAddress(server, fields);
    const { clock, told } = watched(config);
    await told(1);
    const asked = server.questions.length;
    clock.advance(ms - 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.questions).toHaveLength(asked);
    clock.advance(1);
    await told(2);
    expect(server.questions.length).toBeGreaterThan(asked);
  }

  test('is the TTL of the records', () => expectNextAfter(30_000, { A: ['10.0.0.1'], ttl: 30 }));

  test('is at least a second', () => expectNextAfter(1_000, { A: ['10.0.0.1'], ttl: 0 }));

  test('is at most five minutes', () => expectNextAfter(300_000, { A: ['10.0.0.1'], ttl: 86_400 }));

  test('is ten seconds without records', () => expectNextAfter(10_000, {}));

  test('is ten seconds for SRV, for which Node gives no TTL', () =>
    expectNextAfter(10_000, { SRV: [], ttl: 300 }));

  test('is `refresh`, if that is set', async () => {
    await expectNextAfter(500, { A: ['10.0.0.1'], ttl: 300 }, { refreshMs: 500 });
    await expectNextAfter(60_000, { SRV: [] }, { refreshMs: 60_000 });
  });
});

describe('a change of the records', () => {
  test('is reported at the next look-up, whatever the TTL was', async () => {
    const server = await startDnsServer({ 'orders.svc': { A: ['10.0.0.1'], ttl: 3_600 } });
    const seen = watched(byAddress(server, { refreshMs: 1_000 }));
    await seen.told(1);
    server.zone.set('orders.svc', { A: ['10.0.0.1', '10.0.0.3'], ttl: 3_600 });
    seen.clock.advance(1_000);
    await seen.told(2);
    expect(seen.origins).toEqual(['http://10.0.0.1:8080', 'http://10.0.0.3:8080']);
    server.zone.delete('orders.svc');
    seen.clock.advance(1_000);
    await seen.told(3);
    expect(seen.origins).toEqual([]);
  });
});

describe('a discovery by DNS that is stopped', () => {
  test.each([
    ['addresses', byAddress],
    ['services', byService],
  ])('while it looks for %s reports nothing, and leaves no timer', async (_, by) => {
    const server = await startDnsServer({
      'orders.svc': 'silence',
      '_http._tcp.orders.svc': 'silence',
    });
    const { clock, discovery, found, failures } = watched(by(server));
    await eventually(() => server.questions.length === 1);
    discovery.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([found, failures, clock.pending]).toEqual([[], [], 0]);
  });
});
