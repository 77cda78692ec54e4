import { describe, expect, onTestFinished, test } from 'vitest';
import type { UpstreamConfig } from '../../src/config/build/config.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';
import { configOf, SURROUNDINGS } from '../helpers/state.ts';

const A = 'http://a.test';
const config = configOf([A]);

function registryOf() {
  const registry = new UpstreamRegistry(SURROUNDINGS);
  const acquire = (acquired: UpstreamConfig) => {
    const lease = registry.acquire(acquired);
    onTestFinished(() => registry.release(lease));
    return lease;
  };
  return { registry, acquire };
}

describe('the registry', () => {
  test.each([
    ['the same', structuredClone(config)],
    ['another target', configOf(['http://b.test'])],
    ['another time', configOf([A], { timeoutMs: 1 })],
    ['another transport', configOf([A], { http2: true })],
  ])('has one state per name, which a config with %s gets too', (_what, other) => {
    const { registry, acquire } = registryOf();
    const { state } = acquire(config);
    const next = acquire(other);
    expect(next.state).toBe(state);
    next.apply();
    expect([...registry.states()]).toEqual([state]);
  });

  test('has another state for another name', () => {
    const { registry, acquire } = registryOf();
    const { state } = acquire(config);
    const other = acquire(configOf([A], { name: 'payments' }));
    expect([...registry.states()]).toEqual([state, other.state]);
  });

  test('closes a state with its last lease, and makes a new one after', async () => {
    const { registry, acquire } = registryOf();
    const lease = acquire(config);
    const other = acquire(config);
    await registry.release(lease);
    expect([...registry.states()]).toEqual([lease.state]);
    await registry.release(other);
    expect([...registry.states()]).toEqual([]);
    expect(acquire(config).state).not.toBe(lease.state);
  });

  test('leases nothing if one of them fails', () => {
    const { registry, acquire } = registryOf();
    const { state } = acquire(config);
    const payments = configOf([A], { name: 'payments' });
    const discover = {
      kind: 'dns',
      name: 'a',
      type: 'SRV',
      scheme: 'http',
      resolvers: ['no address'],
    } as const;
    const broken = configOf([], { name: 'users', discover });
    expect(() => registry.acquireAll([config, payments, broken])).toThrow('no address');
    expect([...registry.states()]).toEqual([state]);
  });

  test('ignores a lease that was already returned', async () => {
    const { registry, acquire } = registryOf();
    const lease = acquire(config);
    acquire(config);
    await registry.release(lease);
    await registry.release(lease);
    expect([...registry.states()]).toEqual([lease.state]);
  });
});

describe('a lease', () => {
  const other = configOf([A, 'http://b.test'], {
    bulkhead: { concurrency: 1, queue: 0, waitMs: 1 },
    breaker: { kind: 'consecutive', failures: 1, openMs: 1, probes: 1, handle: ['5xx'] },
    http2: true,
  });

  /** The parts that a test can see. */
  const seen = ({ state }: ReturnType<UpstreamRegistry['acquire']>) => ({
    config: state.config,
    concurrency: state.slots.concurrency,
    circuit: state.circuit,
    targets: state.targets.all,
    sockets: state.targets.all.map(({ dispatcher }) => dispatcher),
    shares: [...state.shares.all()].map(({ concurrency }) => concurrency),
  });

  test('changes nothing until it is applied, nor if it never is', async () => {
    const { registry, acquire } = registryOf();
    const running = acquire(config);
    running.shareOf('all', 0.5);
    const before = seen(running);
    const next = acquire(other);
    next.shareOf('all', 0.25);
    expect(seen(running)).toEqual(before);
    next.shareOf('own', 0.25);
    await registry.release(next);
    expect(seen(running)).toEqual(before);
  });

  test('that is applied changes the state to its config, and keeps that config for its chains', () => {
    const { acquire } = registryOf();
    const running = acquire(config);
    running.shareOf('all', 0.5);
    const next = acquire(other);
    next.shareOf('all', 1);
    next.apply();
    const { concurrency, circuit, targets, shares } = seen(running);
    expect({ concurrency, shares, circuit: circuit?.state, targets: targets.length }).toEqual({
      concurrency: 1,
      shares: [1],
      circuit: 'closed',
      targets: 2,
    });
    expect([running.config, next.config]).toEqual([config, other]);
  });
});
