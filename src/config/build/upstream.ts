/** Builds the upstream that the gateway runs on from the parsed one. */
import type * as Run from './config.ts';
import type { UpstreamConfig } from './config.ts';
import type { NamedFiles } from './named-files.ts';
import type { ParsedDiscover } from '../schema/discover.ts';
import {
  type OWN_KEYS,
  type ParsedHealth,
  type ParsedRetry,
  type ParsedUpstream,
  UPSTREAM_DEFAULTS,
} from '../schema/upstream.ts';

type UpstreamOptions = Partial<Omit<ParsedUpstream, keyof typeof OWN_KEYS>>;

/** One upstream, with what `defaults` say where nothing is written. */

export function buildUpstream(
  name: string,
  written: ParsedUpstream,
  defaults: UpstreamOptions,
  namedFiles: NamedFiles,
): UpstreamConfig {
  const own = { ...UPSTREAM_DEFAULTS, ...defined(defaults), ...defined(written) };
  const { concurrency, queue, wait } = own.bulkhead;
  return {
    name,
    targets: (written.targets ?? []).map((target) =>
      typeof target === 'string'
        ? { origin: target, weight: 1 }
        : { origin: target.url, weight: target.weight },
    ),
    deadlineMs: own.deadline,
    timeoutMs: own.timeout,
    connectTimeoutMs: own.connectTimeout,
    idleTimeoutMs: own.idleTimeout,
    keepAliveMs: own.keepAlive,
    headersBytes: own.limits.headers,
    via: own.via,
    connections: own.connections ?? concurrency,
    balance: own.balance,
    panic: own.panic,
    host: own.host,
    http2: own.http2,
    propagateDeadline: own.propagateDeadline,
    bulkhead: { concurrency, queue, waitMs: wait },
    sockets: own.sockets,
    ...defined({
      openapi:
        written.openapi === undefined
          ? undefined
          : namedFiles.openapiAt(['upstreams', name, 'openapi'], written.openapi),
      tls: buildTls(name, written, defaults, namedFiles),
      discover: written.discover && buildDiscover(written.discover),
      slowStartMs: own.slowStart,
      breaker: own.breaker === false ? undefined : buildBreaker(own.breaker),
      retry: own.retry === false ? undefined : buildRetry(own.retry),
      health: own.health === false ? undefined : buildHealth(own.health),
      outlier: own.outlier === false ? undefined : buildOutlier(own.outlier),
    }),
  };
}

function buildDiscover(discover: ParsedDiscover): Run.DiscoverConfig {
  if ('dns' in discover) return buildDns(discover);
  const { consul, service, tag = [], datacenter, token, scheme, wait } = discover;
  return {
    kind: 'consul',
    origin: consul,
    service,
    tags: [tag].flat(),
    ...defined({ datacenter, token }),
    scheme,
    waitMs: wait,
  };
}

function buildDns(written: Extract<ParsedDiscover, { dns: string }>): Run.DnsDiscoverConfig {
  const { dns, type, port, refresh, scheme, resolver = [] } = written;
  const common = {
    kind: 'dns' as const,
    name: dns.replace(/\.$/, ''),
    ...(dns.endsWith('.') && { isWhole: true as const }),
    ...defined({ refreshMs: refresh }),
    scheme,
    resolvers: [resolver].flat(),
  };
  // A port is there for these: check-upstreams.ts sees to it.
  return type === 'SRV' ? { ...common, type } : { ...common, type, port: port! };
}

function buildTls(
  name: string,
  { tls }: ParsedUpstream,
  { tls: common }: UpstreamOptions,
  namedFiles: NamedFiles,
): Run.UpstreamTlsConfig | undefined {
  const own = tls ?? common;
  if (own === undefined) return undefined;
  const path = tls === undefined ? ['defaults', 'upstreams', 'tls'] : ['upstreams', name, 'tls'];
  const pemAt = (key: 'ca' | 'cert' | 'key'): string | undefined => {
    const written = own[key];
    return written === undefined ? undefined : namedFiles.pemAt([...path, key], written);
  };
  const { servername } = own;
  return defined({ ca: pemAt('ca'), cert: pemAt('cert'), key: pemAt('key'), servername });
}

function buildBreaker(
  breaker: Exclude<ParsedUpstream['breaker'], false | undefined>,
): Run.BreakerConfig {
  const { open, probes, handle, slow } = breaker;
  const common = { openMs: open, probes, handle, ...defined({ slowMs: slow }) };
  return 'consecutive' in breaker
    ? { kind: 'consecutive', failures: breaker.consecutive, ...common }
    : {
        kind: 'ratio',
        ratio: breaker.ratio,
        minimum: breaker.minimum,
        windowMs: breaker.window,
        ...common,
      };
}

export const buildRetry = ({ attempts, on, backoff, budget }: ParsedRetry): Run.RetryConfig => ({
  attempts,
  on,
  backoffMs: backoff,
  budget,
});

const buildHealth = ({
  path = '/',
  grpc,
  interval,
  timeout,
  healthy,
  unhealthy,
  statuses,
}: ParsedHealth): Run.HealthConfig => ({
  ask: grpc === undefined ? { path, statuses } : { service: grpc },
  intervalMs: interval,
  timeoutMs: timeout,
  healthy,
  unhealthy,
});

const buildOutlier = ({
  consecutive,
  eject,
  maxEjected,
}: Exclude<ParsedUpstream['outlier'], false | undefined>): Run.OutlierConfig => ({
  consecutive,
  ejectMs: eject,
  maxEjected,
});

/** The same without keys that are `undefined`. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Defined<T>;
}

/** What may be `undefined` may be absent instead. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
