/** Builds the config that the gateway runs on from the parsed one. */
import type { Slices } from '../../core/slices.ts';
import { type ActionModule, actionOf } from '../actions.ts';
import { buildRetry, buildUpstream, defined } from './upstream.ts';
import type { Config, RouteConfig, UpstreamConfig } from './config.ts';
import type * as Run from './config.ts';
import { buildListeners } from './listeners.ts';
import { buildMatch, type PathPatterns } from './match.ts';
import type { NamedFiles } from './named-files.ts';
import { buildSaga, buildStore } from './operations.ts';
import type { ParsedConfig, ParsedRoute } from '../schema/schema.ts';

export interface BuildOptions {
  /** Absolute paths of the config's own files. */
  readonly files: readonly string[];
  readonly namedFiles: NamedFiles;
  readonly pluginNames: readonly string[];
  readonly actions: readonly ActionModule[];
  readonly patterns: PathPatterns;
}

/** Builds and freezes; `parsed` has passed every check. */
export async function buildConfig(
  parsed: ParsedConfig,
  options: BuildOptions,
  slices: Slices,
): Promise<Config> {
  const { files, namedFiles } = options;
  const { server, admin, telemetry, defaults } = parsed;
  const upstreams: Record<string, UpstreamConfig> = {};
  for (const [name, written] of Object.entries(parsed.upstreams)) {
    upstreams[name] = buildUpstream(name, written, defaults.upstreams, namedFiles);
    await slices.pause();
  }
  const sagas = Object.fromEntries(
    Object.entries(parsed.sagas).map(([name, saga]) => [name, buildSaga(name, saga)]),
  );
  const routes: RouteConfig[] = [];
  for (const [name, route] of Object.entries(parsed.routes)) {
    const built = buildRoute(
      name,
      route,
      { sagas, ...options },
      defaults.routes,
      server.limits.body,
    );
    routes.push(deepFreeze(built));
    await slices.pause();
  }
  return deepFreeze({
    files: [...files, ...namedFiles.paths],
    server: buildServer(server, namedFiles),
    ...(admin === false ? {} : { admin: defined(admin) }),
    logs: telemetry.logs,
    ...buildTracing(telemetry.tracing),
    plugins: parsed.plugins,
    upstreams,
    ...(parsed.store && { store: buildStore(parsed.store, namedFiles.folderOf(['store'])) }),
    ...(parsed.store?.keys && { sealKeys: parsed.store.keys }),
    sagas,
    routes,
  });
}

/** A collector whose variable is empty means that nothing is traced. */
function buildTracing(
  tracing: ParsedConfig['telemetry']['tracing'],
): Pick<Config, 'tracing'> | undefined {
  if (tracing === false || tracing.endpoint === '') return undefined;
  const { keep, ...rest } = tracing;
  const keepSlowMs = keep.slow === false ? undefined : keep.slow;
  return { tracing: defined({ ...rest, keepErrors: keep.errors, keepSlowMs }) };
}

function buildServer(server: ParsedConfig['server'], namedFiles: NamedFiles): Run.ServerConfig {
  const { trustedProxies, clientAddress, paths, limits, allowFaults, shutdown } = server;
  return {
    listeners: buildListeners(server, namedFiles),
    trustedProxies,
    ...defined({ clientAddress }),
    paths,
    limits: {
      bodyBytes: limits.body,
      headersBytes: limits.headers,
      urlBytes: limits.url,
      headersTimeoutMs: limits.headersTimeout,
      idleMs: limits.idle,
      minRate: limits.minRate,
      readerIdleMs: limits.readerIdle,
      answerMs: limits.answer,
      keepAliveMs: limits.keepAlive,
      connections: limits.connections,
      ...defined({ connectionsPerAddress: limits.connectionsPerAddress }),
    },
    allowFaults,
    shutdown: { delayMs: shutdown.delay, graceMs: shutdown.grace },
  };
}

function buildRoute(
  name: string,
  route: ParsedRoute,
  {
    pluginNames,
    actions,
    patterns,
    namedFiles: files,
    sagas,
  }: BuildOptions & Pick<Config, 'sagas'>,
  defaults: Readonly<Record<string, unknown>>,
  bodyLimit: number,
): RouteConfig {
  const written = Array.isArray(route.match) ? route.match : [route.match];
  const action = actionOf(actions, route).build(route, { at: ['routes', name], files, sagas });
  return {
    name,
    ...defined({
      owner: route.owner,
      docs: route.docs === undefined || route.docs === false ? route.docs : defined(route.docs),
    }),
    priority: route.priority,
    matches: written.map((match) => buildMatch(match, patterns)),
    action,
    plugins: buildPlugins(route, defaults, pluginNames),
    overrides: { ...buildOverrides(route), ...action.overrides },
    bodyLimitBytes: route.limits?.body ?? bodyLimit,
  };
}

/** A route's own key replaces the default; false takes it away. */
function buildPlugins(
  route: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  const options = names.map((name) => [name, route[name] ?? defaults[name]] as const);
  return Object.fromEntries(options.filter(([, each]) => each !== undefined && each !== false));
}

function buildOverrides(route: ParsedRoute): Run.CallOverrides {
  return defined({
    deadlineMs: route.deadline,
    timeoutMs: route.timeout,
    idleTimeoutMs: route.idleTimeout,
    retry:
      route.retry === undefined || route.retry === false ? route.retry : buildRetry(route.retry),
    bulkheadShare: route.bulkhead?.share,
  });
}

/** Freezes plain objects and lists at any depth; a plugin's own classes are left alone. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && !Array.isArray(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
