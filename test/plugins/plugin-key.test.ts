import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { fixture } from './fixtures/folder.ts';

const plugins = { keyed: { module: fixture('keyed') } };

describe('the key of a plugin', () => {
  test('is what a limit counts by; who has none is counted by the address', async () => {
    const rateLimit = { max: 2, window: '1m', by: 'plugin:keyed' };
    const { fetch } = await startGateway({
      config: { plugins, routes: { a: forwardTo('/a', { rateLimit }) } },
      upstreams: { up: () => ({}) },
    });
    const statuses = [];
    for (const host of ['a.x', 'a.y', 'a.z', 'b.x', '', '', '']) {
      statuses.push((await fetch('/a', { headers: { 'x-tenant-host': host } })).status);
    }
    expect(statuses).toEqual([200, 200, 429, 200, 200, 200, 429]);
  });

  test('is what a hash balances by', async () => {
    const { fetch } = await startGateway({
      config: {
        plugins,
        upstreams: { up: { targets: ['http://up'], balance: { hash: 'plugin:keyed' } } },
        routes: { a: forwardTo('/a') },
      },
      upstreams: { up: ({ key }) => ({ body: key ?? 'none' }) },
    });
    const of = async (host: string) =>
      (await fetch('/a', { headers: { 'x-tenant-host': host } })).text();
    expect([await of('a.x'), await of('')]).toEqual(['a', 'none']);
  });

  test.each([
    ['plugin:keyd', 'no plugin with a key is named "keyd"; did you mean "keyed"?'],
    ['plugin:cors', 'no plugin with a key is named "cors"'],
  ])('%s is a fault of the config, wherever it stands', async (source, fault) => {
    const limit = { max: 1, window: '1s', by: source };
    const start = (more: object, balance?: object) =>
      startGateway({
        config: {
          plugins,
          upstreams: { up: { targets: ['http://up'], ...(balance && { balance }) } },
          routes: { a: forwardTo('/a', more) },
        },
      });
    await expect(start({ rateLimit: limit })).rejects.toThrow(`rateLimit.by: ${fault}`);
    await expect(start({}, { hash: source })).rejects.toThrow(`up.balance.hash: ${fault}`);
  });
});
