import { describe, expect, test } from 'vitest';
import { FAILURE_KINDS } from '../../src/config/schema/upstream.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';
import { aRequest } from '../helpers/call.ts';
import { configOf, leafTo, stateOf, SURROUNDINGS } from '../helpers/state.ts';
import { startUpstream } from '../helpers/upstream.ts';

const A = 'http://a.test';
const B = 'http://b.test';
const C = 'http://c.test';

describe('the target of a call', () => {
  test('is another one where some were tried', () => {
    const state = stateOf(configOf([A, B, C]));
    expect(state.targets.pick([A], undefined).origin).not.toBe(A);
    expect(state.targets.pick([A, B], undefined).origin).toBe(C);
  });

  test('is any where all were tried', () => {
    const state = stateOf(configOf([A]));
    expect(state.targets.pick([A], undefined).origin).toBe(A);
  });

  test('goes round by weight, over real servers', async () => {
    const answer = await Promise.all(
      ['a', 'b'].map((name) => startUpstream((_request, response) => void response.end(name))),
    );
    const targets = answer.map(({ url }, i) => ({ origin: url, weight: 2 - i }));
    const { call } = leafTo([], { targets });
    const bodies: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { body } = await call(aRequest());
      bodies.push((await body.bytes(10)).toString());
    }
    expect(bodies.join('')).toBe('abaaba');
  });

  test('is the one with fewer exchanges, over real servers', async () => {
    const slow = await startUpstream(() => undefined);
    const fast = await startUpstream((_request, response) => void response.end());
    const { call, state } = leafTo([slow.url, fast.url], { balance: 'leastRequest' });
    void call(aRequest()).catch(() => undefined);
    expect(state.targets.all[0]!.inflight).toBe(1);
    for (let i = 0; i < 5; i++) await (await call(aRequest())).body.dump();
    expect(fast.hits).toBe(5);
  });
});

describe('the state of an upstream', () => {
  test('has no circuit where the config has no breaker', () => {
    expect(stateOf(configOf([A])).circuit).toBeUndefined();
  });

  test('lets what is under way finish before its sockets close', async () => {
    let finish = (): void => undefined;
    const upstream = await startUpstream((_request, response) => {
      response.write('one ');
      finish = () => void response.end('two');
    });
    const { call, state } = leafTo(upstream.url);
    const { body } = await call(aRequest());
    const closed = state.close();
    finish();
    expect((await body.bytes(10)).toString()).toBe('one two');
    await closed;
  });
});

describe('the registry', () => {
  const config = configOf([A]);

  test('gives the running state to a config that says the same', async () => {
    const registry = new UpstreamRegistry(SURROUNDINGS);
    const state = registry.acquire(config);
    expect(registry.acquire(structuredClone(config))).toBe(state);
    expect([...registry.states()]).toEqual([state]);
    await registry.release(state);
    await registry.release(state);
  });

  test.each([
    ['another target', configOf([B])],
    ['another time', configOf([A], { timeoutMs: 1 })],
    ['another name', configOf([A], { name: 'payments' })],
    [
      'a breaker',
      configOf([A], {
        breaker: {
          kind: 'consecutive',
          failures: 3,
          openMs: 1,
          probes: 1,
          handle: [...FAILURE_KINDS],
        },
      }),
    ],
  ])('gives a new one to %s', async (_what, other) => {
    const registry = new UpstreamRegistry(SURROUNDINGS);
    const state = registry.acquire(config);
    const next = registry.acquire(other);
    expect(next).not.toBe(state);
    await registry.release(state);
    await registry.release(next);
  });

  test('closes a state with its last user, and makes a new one after', async () => {
    const registry = new UpstreamRegistry(SURROUNDINGS);
    const state = registry.acquire(config);
    registry.acquire(config);
    await registry.release(state);
    expect([...registry.states()]).toEqual([state]);
    await registry.release(state);
    expect([...registry.states()]).toEqual([]);
    const next = registry.acquire(config);
    expect(next).not.toBe(state);
    await registry.release(next);
  });

  test('does not mind a state that is not its own', async () => {
    await new UpstreamRegistry(SURROUNDINGS).release(stateOf(config));
  });
});
