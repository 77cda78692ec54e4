/** From a route's config to the route as it runs: hooks and calls flattened. */
import type { RouteConfig } from '../config/build/config.ts';
import { requestSource } from '../edge/source.ts';
import { observeAttempts } from '../observe/attempts.ts';
import type { Route, UpstreamCall } from '../routes/route.ts';
import { chain } from '../upstream/chain.ts';
import type { UpstreamLease, UpstreamLeases } from '../upstream/lease.ts';
import {
  type HookSet,
  type RegisteredPlugins,
  type RouteHooks,
  routeHooks,
} from './registered-plugins.ts';
import type { World } from './world.ts';

export function buildRoute(
  config: RouteConfig,
  plugins: RegisteredPlugins,
  upstreams: UpstreamLeases,
  world: World,
): Route {
  const own = plugins.setsFor(config.plugins, { route: config.name });
  const build = (sets: readonly HookSet[]): Route => {
    const hooks = routeHooks(sets);
    return {
      config,
      requestHooks: hooks.request,
      responseHooks: hooks.response,
      transforms: hooks.transforms,
      answersPreflight: hooks.answersPreflight,
      replyPath: plugins.needsReplyPath || hooks.transforms.length > 0,
      callOf: (upstream) => buildCall(config, hooks, upstreams.get(upstream)!, world),
      narrowedBy: (options, endpoint) => {
        const parsed = plugins.parseOptions(options, config.plugins);
        return build([...own, ...plugins.setsFor(parsed, { route: config.name, endpoint })]);
      },
    };
  };
  return build(own);
}

/** The chain of one route to one upstream, by this generation's config, over the upstream's shared state. */
function buildCall(
  route: RouteConfig,
  hooks: RouteHooks,
  lease: UpstreamLease,
  world: World,
): UpstreamCall {
  const { config, state } = lease;
  const { clock, random, metrics } = world;
  const { balance } = config;
  const call = chain(lease, {
    clock,
    random,
    route: route.name,
    overrides: route.overrides,
    collected: world.collected,
    outer: hooks.outer(config.name),
    inner: hooks.inner(config.name),
    observe: observeAttempts(
      { name: config.name, labelOf: (origin) => state.targets.labelOf(origin) },
      metrics,
      clock,
    ),
    onRetry: (upstream, reason) => metrics.countRetry(upstream, reason),
    send: world.send?.(config.name),
  });
  return {
    call,
    keyOf: typeof balance === 'string' ? undefined : requestSource(balance.hash),
    config,
    deadlineMs: route.overrides.deadlineMs ?? config.deadlineMs,
    idleTimeoutMs: route.overrides.idleTimeoutMs ?? config.idleTimeoutMs,
  };
}
