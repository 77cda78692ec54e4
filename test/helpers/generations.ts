/** Generations as far as their upstreams see them: leases over one registry, and a chain over each. */
import { onTestFinished } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import { promising } from '../../src/core/compose.ts';
import type { UpstreamConfig } from '../../src/config/build/config.ts';
import { CollectedBytes } from '../../src/policies/collect.ts';
import { chain } from '../../src/upstream/chain.ts';
import { UpstreamRegistry } from '../../src/upstream/registry.ts';
import type { Surroundings } from '../../src/upstream/surroundings.ts';
import { SURROUNDINGS, unobserved } from './state.ts';

/** Each has the calls of one route; `serve` takes over, `prepare` does not yet. */
export function generations(surroundings: Partial<Surroundings> = {}) {
  const around = { ...SURROUNDINGS, ...surroundings };
  const registry = new UpstreamRegistry(around);
  const prepare = (config: UpstreamConfig, overrides: { bulkheadShare?: number } = {}) => {
    const lease = registry.acquire(config);
    const { state } = lease;
    onTestFinished(() => state.destroy());
    const sender = chain(lease, {
      ...around,
      route: 'all',
      overrides,
      collected: new CollectedBytes(),
      outer: [],
      inner: [],
      observe: unobserved,
      onRetry: () => undefined,
    });
    const call: Call = promising(sender);
    return { lease, state, call, end: () => registry.release(lease) };
  };
  const serve: typeof prepare = (config, overrides) => {
    const generation = prepare(config, overrides);
    generation.lease.apply();
    return generation;
  };
  return { registry, prepare, serve };
}
