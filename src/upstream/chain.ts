/**
 * The way from one route to one upstream: its layers, by the config of its generation, over the
 * upstream's shared state.
 *
 * destination ▸ deadline ▸ outer ▸ watched ▸ retry ▸ shedder ▸ collect ▸ share ▸ bulkhead ▸ breaker ▸ reading ▸ inner ▸ attempt timeout ▸ leaf
 *
 * Retry wraps the breaker, so that an open circuit ends the retries and each attempt is counted. The
 * shedder comes before the bulkhead, so that calls to an open circuit take no slot and read no body.
 * Collect comes between them, so that a call takes no slot while its short body is still arriving. The
 * answers that are watched, in development alone, are those that the retries end with. The reading, for
 * GraphQL alone, is inside the breaker, which counts what the body says. The timeout is innermost, so that
 * it bounds one attempt. Routes may override bounds, but they never split a
 * circuit.
 */
import type { Call, Policy } from '../core/call.ts';
import type { CallContext } from '../core/call-context.ts';
import { composed } from '../core/compose.ts';
import type { Guard, Layer, Sender } from '../core/sender.ts';
import type { CallOverrides, UpstreamConfig } from '../config/build/config.ts';
import { breaker, shedder } from '../policies/breaker.ts';
import { bulkhead } from '../policies/bulkhead.ts';
import { collectBody, type CollectedBytes } from '../policies/collect.ts';
import { deadline, tellDeadline } from '../policies/deadline.ts';
import { failureJudge } from '../policies/failure.ts';
import { retry } from '../policies/retry.ts';
import { streamLimit } from '../policies/stream-limit.ts';
import { attemptTimeout } from '../policies/timeout.ts';
import { destination } from './destination.ts';
import { leaf } from './leaf.ts';
import { tunnel } from './tunnel.ts';
import type { UpstreamLease } from './lease.ts';
import type { Surroundings } from './surroundings.ts';

export interface ChainOptions extends Omit<Surroundings, 'names'> {
  /** Name of the route. */
  readonly route: string;
  readonly overrides: CallOverrides;
  /** Gives the key for balancing by hash. */
  readonly keyOf?: ((context: CallContext) => string | undefined) | undefined;
  /** Bodies being collected, for all upstreams. */
  readonly collected: CollectedBytes;
  /** Policies of plugins: `outer` wraps the retries, `inner` each attempt. */
  readonly outer: readonly Policy[];
  /** Shows answers to whoever watches them; absent unless somebody does. */
  readonly watched?: Layer | undefined;
  readonly inner: readonly Policy[];
  /** Reads answers before the circuit counts them, for protocols that tell failures in bodies. */
  readonly reading?: Layer | undefined;
  /** Its requests may be sent again whatever their method. */
  readonly isRepeatable?: boolean | undefined;
  /** Observes each attempt. */
  readonly observe: Guard;
  /** Tells the upstream its place in the trace; absent if nothing is traced. */
  readonly traced?: Layer | undefined;
  readonly onRetry: (upstream: string, reason: string) => void;
  /** Replaces the network; for tests. */
  readonly send?: Call | undefined;
}

export function chain(upstream: UpstreamLease, options: ChainOptions): Sender {
  const { clock, overrides } = options;
  const { config, state } = upstream;
  const idleTimeoutMs = overrides.idleTimeoutMs ?? config.idleTimeoutMs;
  const { timeoutMs = config.timeoutMs, streamIdleMs } = overrides;
  const stages = [
    destinationOf(config, options.keyOf),
    deadline({ deadlineMs: overrides.deadlineMs ?? config.deadlineMs, clock }),
    ...options.outer,
    ...(options.watched === undefined ? [] : [options.watched]),
    ...retryLayer(upstream, options),
    ...(config.breaker === undefined ? [] : [shedder(state.gate)]),
    collectBody(options.collected),
    ...shareGuard(upstream, options),
    bulkhead(state.slots, clock),
    ...breakerGuard(upstream, options),
    ...(options.reading === undefined ? [] : [options.reading]),
    ...options.inner,
    attemptTimeout({ timeoutMs, clock }),
    options.observe,
    ...(config.propagateDeadline ? [tellDeadline({ timeoutMs, clock })] : []),
    ...(options.traced === undefined ? [] : [options.traced]),
  ];
  return composed(stages, options.send ?? leaf(upstream, { clock, idleTimeoutMs, streamIdleMs }));
}

/**
 * The same way for WebSockets, over the same circuit and targets:
 *
 * destination ▸ deadline ▸ outer ▸ retry ▸ shedder ▸ streams ▸ breaker ▸ inner ▸ attempt timeout ▸ tunnel
 *
 * They take a place among the upstream's streams instead of a slot, from the call to the end of the
 * connection. Only a connection that failed is retried: nobody may be asked twice for what may have been opened.
 */
export function tunnelChain(upstream: UpstreamLease, options: ChainOptions): Sender {
  const { clock, overrides } = options;
  const { config, state } = upstream;
  const { timeoutMs = config.timeoutMs, idleTimeoutMs = config.idleTimeoutMs } = overrides;
  const stages = [
    destinationOf(config, options.keyOf),
    deadline({ deadlineMs: overrides.deadlineMs ?? config.deadlineMs, clock }),
    ...options.outer,
    ...retryLayer(upstream, options, RETRIED_UPGRADES),
    ...(config.breaker === undefined ? [] : [shedder(state.gate)]),
    streamLimit(state.streams),
    ...breakerGuard(upstream, options),
    ...options.inner,
    attemptTimeout({ timeoutMs, clock }),
    options.observe,
    ...(config.propagateDeadline ? [tellDeadline({ timeoutMs, clock })] : []),
    ...(options.traced === undefined ? [] : [options.traced]),
  ];
  return composed(stages, options.send ?? tunnel(upstream, { clock, idleTimeoutMs }));
}

/**
 * The way of copies that nobody waits for:
 *
 * destination ▸ deadline ▸ outer ▸ shedder ▸ inner ▸ leaf
 *
 * The call is made once, takes no slot of the upstream's, and is not counted: neither the circuit nor the ejection of
 * targets hears of it, because a mirror must not take away from clients what works for them. An open circuit is
 * respected all the same. The deadline is the mirror's own.
 */
export function mirrorChain(
  upstream: UpstreamLease,
  options: ChainOptions,
  deadlineMs: number,
): Sender {
  const { clock } = options;
  const { config, state } = upstream;
  const stages = [
    destinationOf(config, options.keyOf),
    deadline({ deadlineMs, clock }),
    ...options.outer,
    ...(config.breaker === undefined ? [] : [shedder(state.gate)]),
    ...options.inner,
    options.observe,
    ...(config.propagateDeadline ? [tellDeadline({ timeoutMs: deadlineMs, clock })] : []),
  ];
  const { idleTimeoutMs } = config;
  return composed(
    stages,
    options.send ?? leaf(upstream, { clock, idleTimeoutMs, isUnjudged: true }),
  );
}

const RETRIED_UPGRADES: readonly (string | number)[] = ['connect'];

/** The outermost layer: it completes a request for the upstream. */
export const destinationOf = (
  { name, host, via }: Pick<UpstreamConfig, 'name' | 'host' | 'via'>,
  keyOf: ChainOptions['keyOf'],
): Layer => destination({ upstream: name, host, via, keyOf });

/** Empty if the route may hold all slots. */
function shareGuard(upstream: UpstreamLease, options: ChainOptions): Guard[] {
  const { overrides, route, clock } = options;
  const { bulkheadShare: share } = overrides;
  return share === undefined ? [] : [bulkhead(upstream.shareOf(route, share), clock)];
}

function breakerGuard(
  { config, state }: UpstreamLease,
  { clock, overrides }: ChainOptions,
): Guard[] {
  if (config.breaker === undefined) return [];
  const { handle, slowMs } = config.breaker;
  const probeMs = overrides.timeoutMs ?? config.timeoutMs;
  return [breaker({ circuit: state.gate, judge: failureJudge(handle), slowMs, probeMs, clock })];
}

/** Empty if there would be only one attempt. */
function retryLayer(
  { config, state }: UpstreamLease,
  options: ChainOptions,
  only?: readonly (string | number)[],
): Layer[] {
  const own = options.overrides.retry ?? config.retry;
  if (own === undefined || own === false || own.attempts < 2) return [];
  const { clock, random } = options;
  const onRetry = (reason: string): void => options.onRetry(config.name, reason);
  const { attempts, backoffMs, budget: share } = own;
  const on = only === undefined ? own.on : own.on.filter((reason) => only.includes(reason));
  const { isRepeatable } = options;
  const budget = state.budget;
  return [retry({ attempts, on, backoffMs, share, budget, clock, random, isRepeatable, onRetry })];
}
