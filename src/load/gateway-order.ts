/** What the gateway's process is told, and what it answers. */
import type { Config, ListenerConfig, UpstreamConfig } from '../config/build/config.ts';
import type { Fault } from '../config/fault.ts';

export interface GatewayOrder {
  /** Path of the config. */
  readonly file: string;
  /** Origin of the stub that answers for every upstream; absent: the config's targets do. */
  readonly stub?: string;
}

export type GatewayAnswer =
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }
  | ({ readonly kind: 'serving' } & ServingGateway);

export interface GatewayTalk {
  readonly order: GatewayOrder;
  readonly news: never;
  readonly answer: GatewayAnswer;
}

export interface ServingGateway {
  readonly url: string;
  readonly adminUrl: string;
  readonly upstreams: readonly CalledUpstream[];
}

export interface CalledUpstream {
  readonly name: string;
  /** Origins; empty where they are looked up. */
  readonly targets: readonly string[];
  /** Slots of its bulkhead. */
  readonly concurrency: number;
}

/** At the end, so long requests under way may take. */
const GRACE_MS = 1_000;

/**
 * The config as it is served for a load: on free ports of loopback, so that a gateway that serves the same
 * config is not in the way, and with a stub behind it if there is one.
 */
export function adjustFor({ stub }: Pick<GatewayOrder, 'stub'>, config: Config): Config {
  const { server, upstreams } = config;
  return {
    ...config,
    server: {
      ...server,
      listeners: [onLoopback(server.listeners)],
      shutdown: { delayMs: 0, graceMs: GRACE_MS },
    },
    admin: { host: LOOPBACK, port: 0, requests: 0 },
    upstreams: stub === undefined ? upstreams : mapValues(upstreams, (each) => stubbed(each, stub)),
  };
}

const LOOPBACK = '127.0.0.1';

/** The first listener that serves, without a proxy in front. */
function onLoopback(listeners: readonly ListenerConfig[]): ListenerConfig {
  const serving = listeners.find(({ redirectHttps }) => redirectHttps === undefined);
  const { proxyProtocol: _proxy, redirectHttps: _redirect, ...kept } = serving ?? listeners[0]!;
  return { ...kept, address: { host: LOOPBACK, port: 0 } };
}

/** The stub speaks HTTP/1.1 without TLS, and is not checked. */
function stubbed(upstream: UpstreamConfig, origin: string): UpstreamConfig {
  const { discover: _discover, tls: _tls, health: _health, ...kept } = upstream;
  return { ...kept, targets: [{ origin, weight: 1 }], http2: false };
}

const mapValues = <T>(
  map: Readonly<Record<string, T>>,
  change: (value: T) => T,
): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));

export const calledUpstreams = ({ upstreams }: Config): CalledUpstream[] =>
  Object.values(upstreams).map(({ name, targets, bulkhead }) => ({
    name,
    targets: targets.map(({ origin }) => origin),
    concurrency: bulkhead.concurrency,
  }));
