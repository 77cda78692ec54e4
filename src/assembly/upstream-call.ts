/** The call from a route or a plugin to one upstream: its chain over the upstream's shared state. */
import type { CallOverrides } from '../config/build/config.ts';
import type { Policy } from '../core/call.ts';
import { promising } from '../core/compose.ts';
import type { CallContext } from '../core/call-context.ts';
import type { Layer, Sender } from '../core/sender.ts';
import { ClientExchange } from '../edge/client-exchange.ts';
import { requestSource } from '../edge/source.ts';
import { observeAttempts } from '../observe/attempts.ts';
import { tracedAttempts } from '../observe/tracing/traced-attempts.ts';
import { watchAnswers } from '../policies/answer-watch.ts';
import { chain, type ChainOptions, mirrorChain, tunnelChain } from '../upstream/chain.ts';
import type { UpstreamCall, UpstreamLease } from '../upstream/lease.ts';
import type { World } from './world.ts';

export interface Caller {
  /** Name of the route, or a stand-in for it. */
  readonly route: string;
  readonly overrides: CallOverrides;
  /** Policies of plugins: `outer` wraps the retries, `inner` each attempt. */
  readonly outer: readonly Policy[];
  readonly inner: readonly Policy[];
  /** What the callers of one protocol need; see chain.ts. */
  readonly reading?: Layer | undefined;
  readonly isRepeatable?: boolean | undefined;
}

export function upstreamCall(lease: UpstreamLease, caller: Caller, world: World): UpstreamCall {
  const { overrides, outer, inner, reading } = caller;
  const isPlain =
    Object.keys(overrides).length + outer.length + inner.length === 0 && reading === undefined;
  // Shared, because one for all costs less to make and to run than one per route.
  return isPlain
    ? (lease.plainCall ??= newCall(lease, caller, world))
    : newCall(lease, caller, world);
}

/** The way of WebSockets to the upstream; made for the routes that have some. */
export const upstreamTunnel = (lease: UpstreamLease, caller: Caller, world: World): Sender =>
  tunnelChain(lease, chainOptions(lease, caller, world));

/** The way of copies to the upstream, bounded by a deadline of their own; made for routes that have mirrors. */
export const upstreamMirror = (
  lease: UpstreamLease,
  caller: Caller,
  deadlineMs: number,
  world: World,
): Sender => mirrorChain(lease, chainOptions(lease, caller, world), deadlineMs);

function newCall(lease: UpstreamLease, caller: Caller, world: World): UpstreamCall {
  const { config } = lease;
  const sender = chain(lease, chainOptions(lease, caller, world));
  return {
    call: promising(sender),
    sender,
    deadlineMs: caller.overrides.deadlineMs ?? config.deadlineMs,
    idleTimeoutMs: caller.overrides.idleTimeoutMs ?? config.idleTimeoutMs,
  };
}

function chainOptions(lease: UpstreamLease, caller: Caller, world: World): ChainOptions {
  const { config, state } = lease;
  const { clock, random, metrics, collected, watchOf } = world;
  const watch = config.openapi && watchOf?.(config.name, config.openapi);
  return {
    ...caller,
    watched: watch && watchAnswers(watch, clock),
    clock,
    random,
    keyOf: balancingKey(config.balance),
    collected,
    observe: observeAttempts(
      { name: config.name, labelOf: (origin) => state.targets.labelOf(origin) },
      metrics,
      clock,
    ),
    onRetry: (upstream, reason) => metrics.countRetry(upstream, reason),
    send: world.send?.(config.name),
    traced: world.tracing && tracedAttempts,
  };
}

/** Reads the key that balancing hashes; a call without a client has none. */
export function balancingKey(
  balance: UpstreamLease['config']['balance'],
): ((context: CallContext) => string | undefined) | undefined {
  if (typeof balance === 'string') return undefined;
  const read = requestSource(balance.hash);
  return (context) =>
    context instanceof ClientExchange && context.reply !== undefined
      ? read(context.reply.request)
      : undefined;
}
