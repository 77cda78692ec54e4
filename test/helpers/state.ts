/** An upstream as the gateway holds it, and a chain over it. */
import { onTestFinished } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import { systemClock } from '../../src/core/clock.ts';
import { compose, promising } from '../../src/core/compose.ts';
import type { UpstreamConfig } from '../../src/config/build/config.ts';
import type { Guard } from '../../src/core/sender.ts';
import { CollectedBytes } from '../../src/policies/collect.ts';
import { chain, type ChainOptions } from '../../src/upstream/chain.ts';
import { leaf } from '../../src/upstream/leaf.ts';
import { UpstreamLease } from '../../src/upstream/lease.ts';
import { Names } from '../../src/upstream/names/names.ts';
import { UpstreamState } from '../../src/upstream/state.ts';
import type { Surroundings } from '../../src/upstream/surroundings.ts';

/** The defaults, with targets at these origins. */
export const configOf = (
  origins: readonly string[],
  fields: Partial<UpstreamConfig> = {},
): UpstreamConfig => ({
  name: 'orders',
  targets: origins.map((origin) => ({ origin, weight: 1 })),
  deadlineMs: 15_000,
  timeoutMs: 10_000,
  connectTimeoutMs: 1_000,
  idleTimeoutMs: 30_000,
  keepAliveMs: 4_000,
  headersBytes: 65_536,
  via: true,
  connections: 128,
  balance: 'roundRobin',
  panic: 0,
  propagateDeadline: false,
  host: 'target',
  http2: false,
  bulkhead: { concurrency: 128, queue: 32, waitMs: 1_000 },
  sockets: 1_000,
  ...fields,
});

/** Lets everything in. */
export const unobserved: Guard = { enter: () => ({ answered() {}, failed() {} }) };

export const SURROUNDINGS: Surroundings = {
  clock: systemClock,
  random: () => 0,
  names: new Names({ clock: systemClock }),
};

/** Ends with the test. */
export function stateOf(
  config: UpstreamConfig,
  surroundings: Partial<Surroundings> = {},
): UpstreamState {
  const state = new UpstreamState(config, { ...SURROUNDINGS, ...surroundings });
  onTestFinished(() => state.destroy());
  return state;
}

/** What a generation of the same config has. */
export const leaseOf = (state: UpstreamState): UpstreamLease =>
  new UpstreamLease(state.config, state);

export interface Reached {
  readonly state: UpstreamState;
  readonly call: Call;
}

/** The leaf alone. */
export function leafTo(
  origins: string | readonly string[],
  fields: Partial<UpstreamConfig> = {},
): Reached {
  const state = stateOf(configOf([origins].flat(), fields));
  const { idleTimeoutMs } = state.config;
  return { state, call: compose([], leaf(leaseOf(state), { clock: systemClock, idleTimeoutMs })) };
}

/** Everything. */
export function chainTo(
  origins: string | readonly string[],
  fields: Partial<UpstreamConfig> = {},
  options: Partial<ChainOptions> = {},
): Reached {
  const state = stateOf(configOf([origins].flat(), fields), options);
  return { state, call: chainOver(state, options) };
}

/** One more route of the same upstream. */
export function chainOver(state: UpstreamState, options: Partial<ChainOptions> = {}): Call {
  const sender = chain(leaseOf(state), {
    ...SURROUNDINGS,
    route: 'orders',
    overrides: {},
    collected: new CollectedBytes(),
    outer: [],
    inner: [],
    observe: unobserved,
    onRetry: () => undefined,
    ...options,
  });
  return promising(sender);
}
