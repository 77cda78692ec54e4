/** Builds the running route from its config: hooks and calls are flattened. */
import type { RouteConfig } from '../config/build/config.ts';
import type { Route } from '../routes/route.ts';
import type { UpstreamLeases } from '../upstream/lease.ts';
import { ownNames } from '../upstream/own-names.ts';
import { type HookSet, routeHooks } from './hook-sets.ts';
import type { RegisteredPlugins } from './registered-plugins.ts';
import { type Caller, upstreamCall, upstreamMirror, upstreamTunnel } from './upstream-call.ts';
import type { World } from './world.ts';

/** A route, and the sets of hooks that it was built from. */
export interface BuiltRoute extends Route {
  readonly sets: readonly HookSet[];
  /** Plugin options that an endpoint adds to those of the route, parsed. */
  readonly added: Readonly<Record<string, unknown>>;
  readonly narrowedBy: (options: Readonly<Record<string, unknown>>, endpoint: string) => BuiltRoute;
}

export function buildRoute(
  config: RouteConfig,
  plugins: RegisteredPlugins,
  upstreams: UpstreamLeases,
  world: World,
): BuiltRoute {
  const own = plugins.setsFor(config.plugins, { route: config.name });
  const build = (
    sets: readonly HookSet[],
    added: Readonly<Record<string, unknown>>,
  ): BuiltRoute => {
    const hooks = routeHooks(sets);
    const callerOf = (upstream: string): Caller => ({
      route: config.name,
      overrides: config.overrides,
      outer: hooks.outer(upstream),
      inner: hooks.inner(upstream),
    });
    return {
      config,
      sets,
      added,
      requestHooks: hooks.request,
      takers: hooks.takers.length === 0 ? undefined : hooks.takers,
      responseHooks: hooks.response,
      transforms: hooks.transforms,
      converters: hooks.converters.length === 0 ? undefined : hooks.converters,
      errorForm: hooks.errorForm,
      answersPreflight: hooks.answersPreflight,
      replyPath: plugins.needsReplyPath || hooks.transforms.length > 0,
      callOf: (upstream, protocol) =>
        upstreamCall(upstreams.get(upstream)!, { ...callerOf(upstream), ...protocol }, world),
      ownNamesOf: (upstream) => ownNames(upstreams.get(upstream)!.config),
      tunnelOf: (upstream) => upstreamTunnel(upstreams.get(upstream)!, callerOf(upstream), world),
      mirrorOf: (upstream, deadlineMs) =>
        upstreamMirror(upstreams.get(upstream)!, callerOf(upstream), deadlineMs, world),
      narrowedBy: (options, endpoint) => {
        const where = { route: config.name, endpoint };
        const parsed = plugins.parseOptions(options, config.plugins);
        return build([...own, ...plugins.setsFor(parsed, where, config.plugins)], parsed);
      },
    };
  };
  return build(own, {});
}
