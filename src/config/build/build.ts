/** From a config as it was written and parsed to the one the gateway runs on. */
import { canonicalHost } from '../../core/canonical-host.ts';
import { type ActionModule, actionOf } from '../actions.ts';
import { buildRetry, buildUpstream, defined } from './upstream.ts';
import type { Config, MatchConfig, RouteConfig, ValueMatchers } from './config.ts';
import type * as Run from './config.ts';
import type { Path } from '../fault.ts';
import type { NamedFiles } from './named-files.ts';
import { parsePathPattern } from '../schema/path-pattern.ts';
import type { ParsedConfig, ParsedRoute } from '../schema/schema.ts';
import type { ParsedServerTls } from '../schema/tls.ts';
import type { ParsedMatch, ParsedValueMatch } from '../schema/route.ts';

export interface BuildOptions {
  /** Absolute paths of the config's own files. */
  readonly files: readonly string[];
  readonly namedFiles: NamedFiles;
  readonly pluginNames: readonly string[];
  readonly actions: readonly ActionModule[];
}

/** Builds and freezes; `parsed` has passed every check. */
export function buildConfig(parsed: ParsedConfig, options: BuildOptions): Config {
  const { files, namedFiles } = options;
  const { server, admin, telemetry, defaults } = parsed;
  const upstreams = Object.entries(parsed.upstreams).map(
    ([name, written]) =>
      [name, buildUpstream(name, written, defaults.upstreams, namedFiles)] as const,
  );
  const config: Config = {
    files: [...files, ...namedFiles.paths],
    server: buildServer(server, namedFiles),
    ...(admin === false ? {} : { admin: defined(admin) }),
    logs: telemetry.logs,
    plugins: parsed.plugins,
    upstreams: Object.fromEntries(upstreams),
    routes: Object.entries(parsed.routes).map(([name, route]) =>
      buildRoute(name, route, defaults.routes, options, server.limits.body),
    ),
  };
  return deepFreeze(config);
}

function buildServer(
  {
    host,
    port,
    tls,
    trustedProxies,
    clientAddress,
    paths,
    limits,
    allowFaults,
    shutdown,
  }: ParsedConfig['server'],
  namedFiles: NamedFiles,
): Run.ServerConfig {
  return {
    host,
    port,
    ...(tls === undefined ? {} : { tls: buildTls(tls, namedFiles) }),
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

function buildTls(tls: ParsedServerTls, namedFiles: NamedFiles): Run.ServerTlsConfig {
  const at: Path = ['server', 'tls'];
  const pairs = tls.certificates?.map((pair, i) => [[...at, 'certificates', i], pair] as const);
  const { cert = '', key = '', clientCa, clientAuth = 'required', minVersion } = tls;
  const certificates = (pairs ?? [[at, { cert, key }] as const]).map(([path, pair]) => ({
    cert: namedFiles.sourceAt([...path, 'cert'], pair.cert),
    key: namedFiles.sourceAt([...path, 'key'], pair.key),
  }));
  const ca =
    clientCa === undefined ? undefined : namedFiles.sourceAt([...at, 'clientCa'], clientCa);
  const client = ca && { ca, isRequired: clientAuth === 'required' };
  return defined({ certificates, client, minVersion });
}

function buildRoute(
  name: string,
  route: ParsedRoute,
  defaults: Readonly<Record<string, unknown>>,
  { pluginNames, actions }: BuildOptions,
  bodyLimit: number,
): RouteConfig {
  const written = Array.isArray(route.match) ? route.match : [route.match];
  return {
    name,
    priority: route.priority,
    matches: written.map(buildMatch),
    action: actionOf(actions, route).build(route),
    plugins: buildPlugins(route, defaults, pluginNames),
    overrides: buildOverrides(route),
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

/** @throws {RangeError} for a path that is no pattern */
export function buildMatch(match: ParsedMatch): MatchConfig {
  return {
    ...(match.path === undefined ? {} : { path: parsePathPattern(match.path) }),
    ...(match.pathRegex === undefined ? {} : { pathRegex: match.pathRegex }),
    ...(match.methods === undefined ? {} : { methods: match.methods }),
    ...(match.hosts === undefined ? {} : { hosts: match.hosts.map(buildHost) }),
    headers: buildValues(match.headers).map(canonicalHostField),
    cookies: buildValues(match.cookies),
    query: buildValues(match.query),
  };
}

/** As requests have it: the schema has refused what is no host. */
function buildHost(written: string): string {
  const [, wildcard = '', name = ''] = /^(\*\.)?(.*)$/.exec(written) ?? [];
  return wildcard + (canonicalHost(name) ?? name);
}

function buildValues(values: Readonly<Record<string, ParsedValueMatch>> = {}): ValueMatchers {
  return Object.entries(values).map(([name, value]) => {
    if (typeof value === 'string') return [name, { kind: 'equals', value }] as const;
    if ('regex' in value) return [name, { kind: 'regex', pattern: value.regex }] as const;
    return [name, { kind: 'present' }] as const;
  });
}

/** `Host` is made canonical before it is looked at: another spelling would never match. */
function canonicalHostField(condition: ValueMatchers[number]): ValueMatchers[number] {
  const [name, matcher] = condition;
  if (name !== 'host' || matcher.kind !== 'equals') return condition;
  return [name, { kind: 'equals', value: canonicalHost(matcher.value) ?? matcher.value }];
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
