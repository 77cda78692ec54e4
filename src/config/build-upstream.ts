/** From an upstream as it was written and parsed to the one the gateway runs on. */
import type {
  BreakerConfig,
  DiscoverConfig,
  DnsDiscoverConfig,
  RetryConfig,
  UpstreamConfig,
} from './config.ts';
import type { ParsedDiscover } from './schema-discover.ts';
import { type ParsedRetry, type ParsedUpstream, UPSTREAM_DEFAULTS } from './schema-upstream.ts';

type UpstreamOptions = Partial<Omit<ParsedUpstream, 'targets' | 'discover'>>;

/** One upstream, with what `defaults` say where nothing is written. */
export function buildUpstream(
  name: string,
  written: ParsedUpstream,
  defaults: UpstreamOptions,
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
    ...(written.discover === undefined ? {} : { discover: buildDiscover(written.discover) }),
    deadlineMs: own.deadline,
    timeoutMs: own.timeout,
    connectTimeoutMs: own.connectTimeout,
    idleTimeoutMs: own.idleTimeout,
    connections: own.connections ?? concurrency,
    balance: own.balance,
    host: own.host,
    bulkhead: { concurrency, queue, waitMs: wait },
    ...(own.breaker === false ? {} : { breaker: buildBreaker(own.breaker) }),
    ...(own.retry === false ? {} : { retry: buildRetry(own.retry) }),
  };
}

function buildDiscover(discover: ParsedDiscover): DiscoverConfig {
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

function buildDns(written: Extract<ParsedDiscover, { dns: string }>): DnsDiscoverConfig {
  const { dns, type, port, refresh, scheme, resolver = [] } = written;
  const common = {
    kind: 'dns' as const,
    name: dns,
    ...defined({ refreshMs: refresh }),
    scheme,
    resolvers: [resolver].flat(),
  };
  // A port is there for these: check-upstreams.ts sees to it.
  return type === 'SRV' ? { ...common, type } : { ...common, type, port: port! };
}

function buildBreaker(
  breaker: Exclude<ParsedUpstream['breaker'], false | undefined>,
): BreakerConfig {
  const common = { openMs: breaker.open, probes: breaker.probes };
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

export const buildRetry = ({ attempts, on, backoff, budget }: ParsedRetry): RetryConfig => ({
  attempts,
  on,
  backoffMs: backoff,
  budget,
});

/** The same without keys that are `undefined`. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as never;
}
