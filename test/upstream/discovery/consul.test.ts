import { describe, expect, test } from 'vitest';
import { type Instance, startConsul } from '../../helpers/consul-server.ts';
import { byConsul, watched } from '../../helpers/discovery.ts';
import { eventually } from '../../helpers/upstream.ts';

const ONE: Instance = { address: '10.0.0.1', port: 8080 };
const TWO: Instance = { address: '10.0.0.2', port: 8080, weight: 3 };
const [FIRST, SECOND] = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080'];
/** The pause between two queries. */
const PAUSE_MS = 500;

describe('targets in Consul', () => {
  test('are the passing instances of the service', async () => {
    const consul = await startConsul([ONE, { ...TWO, passing: false }, { node: '::1', port: 80 }]);
    const { found, told } = watched(byConsul(consul));
    await told(1);
    expect(found).toEqual([
      [
        { origin: FIRST, weight: 1 },
        { origin: 'http://[::1]', weight: 1 },
      ],
    ]);
    expect(consul.queries).toEqual(['/v1/health/service/orders?passing=1']);
  });

  test('have their weight, and the scheme of the config', async () => {
    const consul = await startConsul([TWO]);
    const { found, told } = watched(byConsul(consul, { scheme: 'https' }));
    await told(1);
    expect(found).toEqual([[{ origin: 'https://10.0.0.2:8080', weight: 3 }]]);
  });

  test('have every tag, and are requested by datacenter', async () => {
    const consul = await startConsul([
      { ...ONE, tags: ['v1'] },
      { ...TWO, tags: ['v1', 'eu & us'] },
    ]);
    const seen = watched(byConsul(consul, { tags: ['v1', 'eu & us'], datacenter: 'dc2' }));
    await seen.told(1);
    expect(seen.origins).toEqual([SECOND]);
    expect(consul.queries).toEqual([
      '/v1/health/service/orders?passing=1&tag=v1&tag=eu+%26+us&dc=dc2',
    ]);
  });

  test('are an empty list for a service that nobody registered', async () => {
    const consul = await startConsul([ONE]);
    const { found, told } = watched(byConsul(consul, { service: 'a/b?c' }));
    await told(1);
    expect(found).toEqual([[]]);
    expect(consul.queries).toEqual(['/v1/health/service/a%2Fb%3Fc?passing=1']);
  });
});

describe('a query', () => {
  test('is held until the instances change, and then answered at once', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul));
    await seen.told(1);
    seen.clock.advance(PAUSE_MS);
    await eventually(() => consul.held === 1);
    expect(consul.queries.at(-1)).toBe('/v1/health/service/orders?passing=1&index=10&wait=55000ms');
    expect(seen.found).toHaveLength(1);

    consul.change([ONE, TWO]);
    await seen.told(2);
    expect(seen.origins).toEqual([FIRST, SECOND]);
    seen.clock.advance(PAUSE_MS);
    await eventually(() => consul.held === 1);
    expect(consul.queries.at(-1)).toContain('&index=11&');
  });

  test('that ends without a change is sent again with the same index', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul, { waitMs: 30 }));
    await seen.told(1);
    seen.clock.advance(PAUSE_MS);
    await seen.told(2);
    seen.clock.advance(PAUSE_MS);
    await seen.told(3);
    expect(consul.queries.slice(1).every((query) => query.includes('&index=10&'))).toBe(true);
  });

  test('comes after a pause, even if the server answers at once', async () => {
    const consul = await startConsul([ONE]);
    consul.broken = (_, response) =>
      void response.writeHead(200, { 'x-consul-index': 5 }).end('[]');
    const { clock, told } = watched(byConsul(consul));
    for (const count of [1, 2, 3]) {
      await told(count);
      clock.advance(PAUSE_MS - 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(consul.queries).toHaveLength(count);
      clock.advance(1);
    }
  });

  test('does not wait on an index that went backwards', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul));
    await seen.told(1);
    seen.clock.advance(PAUSE_MS);
    await eventually(() => consul.held === 1);
    consul.change([TWO], 3);
    await seen.told(2);
    seen.clock.advance(PAUSE_MS);
    await seen.told(3);
    expect(consul.queries.at(-1)).not.toContain('index');
    expect(seen.origins).toEqual([SECOND]);

    seen.clock.advance(PAUSE_MS);
    await eventually(() => consul.held === 1);
    expect(consul.queries.at(-1)).toContain('&index=3&');
  });

  test.each(['0', '-7', '1.5', 'Infinity', 'x', undefined])(
    'waits on 1 if the index is invalid: %s',
    async (index) => {
      const consul = await startConsul([ONE]);
      consul.broken = (_, response) =>
        void response
          .writeHead(200, index === undefined ? {} : { 'x-consul-index': index })
          .end('[]');
      const { clock, told } = watched(byConsul(consul));
      await told(1);
      clock.advance(PAUSE_MS);
      await told(2);
      expect(consul.queries[1]).toContain('&index=1&');
    },
  );
});

describe('a discovery in Consul that is stopped', () => {
  test('ends the blocking query, reports nothing, and leaves no timer', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul));
    await seen.told(1);
    seen.clock.advance(PAUSE_MS);
    await eventually(() => consul.held === 1);

    seen.discovery.stop();
    await eventually(() => consul.held === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([seen.found.length, seen.failures, seen.clock.pending]).toEqual([1, [], 0]);
  });

  test('between two queries sends no more', async () => {
    const consul = await startConsul([ONE]);
    const seen = watched(byConsul(consul));
    await seen.told(1);
    seen.discovery.stop();
    expect(seen.clock.pending).toBe(0);
  });
});
