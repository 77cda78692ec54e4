/** On which routes keys may be, and what is said of them. */
import { describe, expect, test } from 'vitest';
import { testGateway } from '../../../src/testing.ts';
import idempotency from '../../../plugins/idempotency/index.ts';
import { keyed, who } from './keyed.ts';

const faultsOf = async (route: object, config: object = {}): Promise<string> => {
  try {
    const gateway = await testGateway({
      plugins: [who],
      config: {
        upstreams: { up: { targets: ['http://127.0.0.1:1'] } },
        routes: { pay: { match: { path: '/pay', methods: ['POST'] }, ...route } },
        ...config,
      },
    });
    await gateway.close();
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('a route with keys', () => {
  test('needs somebody who says whose they are', async () => {
    const fault = await faultsOf({ idempotency: {}, upstream: 'up' });
    expect(fault).toMatch(
      /routes\.pay\.idempotency: needs one of .*jwt.* on this route: a key belongs to the consumer/,
    );
    expect(await faultsOf({ who: {}, idempotency: {}, upstream: 'up' })).toBe('none');
  });

  test.each(['saga', 'command'])('is a fault with %s, which has its own', async (action) => {
    const fault = await faultsOf({ who: {}, idempotency: {}, [action]: { name: 'x' } });
    expect(fault).toContain(`routes.pay.idempotency: "${action}" has keys of its own`);
  });

  test('needs a store of the config for durable ones', async () => {
    const fault = await faultsOf(
      { who: {}, idempotency: {}, upstream: 'up' },
      { plugins: { idempotency: { store: 'durable' } } },
    );
    expect(fault).toContain('which needs a "store"');
  });

  test.each([
    [{ methods: ['GET'] }, 'methods'],
    [{ methods: [] }, 'methods'],
    [{ keep: '0.5h' }, 'must be from 1h to 30d'],
    [{ keep: '31d' }, 'must be from 1h to 30d'],
    [{ headers: ['Set-Cookie'] }, 'set-cookie is never kept'],
    [{ onUnkown: 'retry' }, 'did you mean "onUnknown"?'],
  ])('refuses %j', async (options, fault) => {
    expect(await faultsOf({ who: {}, idempotency: options, upstream: 'up' })).toContain(fault);
  });

  test('says in an OpenAPI document what it takes and answers', () => {
    const document = (method: string) =>
      idempotency.document!(
        idempotency.options.parse({ required: true }),
        idempotency.settings.parse({}),
        method,
        {} as never,
      );
    expect(document('POST')).toMatchObject({
      parameters: [{ in: 'header', name: 'Idempotency-Key', required: true }],
      errors: expect.arrayContaining(['GW_IDEMPOTENCY_MISMATCH', 'GW_IDEMPOTENCY_RUNNING']),
    });
    expect(document('GET')).toEqual({});
  });

  test('is explained without a look at the key', async () => {
    const gateway = await keyed({ upstreams: { up: () => ({}) } });
    const ask = (headers: readonly (readonly [string, string])[]) =>
      gateway.gateway.gateway.explain({
        method: 'POST',
        url: 'http://localhost/pay',
        headers: [['x-who', 'ada'], ...headers],
        address: '127.0.0.1',
      });
    const told = async (headers: readonly (readonly [string, string])[]) =>
      (await ask(headers)).plugins.find(({ plugin }) => plugin === 'idempotency');
    expect(await told([['idempotency-key', 'k']])).toMatchObject({
      says: 'the key was not looked up',
    });
    expect(JSON.stringify(await told([['idempotency-key', 'a b']]))).toContain(
      'GW_IDEMPOTENCY_KEY',
    );
    expect((await gateway.pay({ key: 'k' })).isReplayed).toBe(false);
  });
});

describe('portico audit', () => {
  const found = (options: object, settings: object): string[] =>
    [
      ...idempotency.risks!.ofOptions!(
        idempotency.options.parse(options),
        new Map(),
        {} as never,
        0,
        idempotency.settings.parse(settings),
      ),
    ].map(({ rule }) => rule);

  test('tells of keys in memory, and of what lets a request be carried out twice', () => {
    const redis = { store: { redis: 'redis://a' } };
    expect(found({}, {})).toEqual(['idempotency-in-memory']);
    expect(found({}, redis)).toEqual([]);
    expect(found({ onError: 'allow', onUnknown: 'retry' }, redis)).toEqual([
      'idempotency-allows-outage',
      'idempotency-retries-unknown',
    ]);
  });
});

describe('portico diff', () => {
  const told = (before: object | undefined, after: object | undefined): string[] =>
    [
      ...idempotency.loosened!.ofOptions!(
        before && idempotency.options.parse(before),
        after && idempotency.options.parse(after),
        new Map(),
        {} as never,
      ),
    ].map(({ path, message }) => `${path.join('.')}: ${message}`);

  test.each([
    [{}, undefined, ': repeated requests with one Idempotency-Key are carried out again'],
    [{ required: true }, {}, 'required: requests without an Idempotency-Key are served'],
    [{}, { methods: ['POST'] }, 'methods: keys of PATCH are no longer heeded'],
    [{}, { onUnknown: 'retry' }, 'onUnknown: requests whose outcome is not known are sent again'],
    [{}, { onError: 'allow' }, 'onError: while the store is away, keys are not heeded'],
    [{}, { keep: '1h' }, 'keep: keys are forgotten earlier, and may then be used again'],
  ])('from %j to %j', (before, after, message) => {
    expect(told(before, after)).toEqual([message]);
    expect(told(after, before)).toEqual([]);
  });

  test('tells of a store where nothing is known', () => {
    const settings = (store: unknown) => idempotency.settings.parse({ store });
    const stores = (before: unknown, after: unknown) => [
      ...idempotency.loosened!.ofSettings!(settings(before), settings(after)),
    ];
    const redis = { redis: 'redis://a' };
    expect(stores(redis, 'memory')).toHaveLength(1);
    expect(stores(redis, { redis: 'redis://b' })).toHaveLength(1);
    expect(stores(redis, { ...redis, timeout: '1s' })).toEqual([]);
    expect(stores('durable', 'durable')).toEqual([]);
  });
});
