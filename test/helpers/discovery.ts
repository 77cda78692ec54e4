/** A discovery that a test started, and what it told. */
import { onTestFinished } from 'vitest';
import type {
  ConsulDiscoverConfig,
  DiscoverConfig,
  DnsDiscoverConfig,
  TargetConfig,
} from '../../src/config/build/config.ts';
import { discover, type Discovery } from '../../src/upstream/discovery/discovery.ts';
import { Names } from '../../src/upstream/names/names.ts';
import type { SystemFiles } from '../../src/upstream/names/system-names.ts';
import { manualClock, type ManualClock } from './clock.ts';
import type { ConsulServer } from './consul-server.ts';
import type { DnsServer } from './dns-server.ts';
import { eventually } from './upstream.ts';

/** Addresses of `orders.svc`, as `server` tells them. */
export const byAddress = (
  { address }: DnsServer,
  fields: Partial<Extract<DnsDiscoverConfig, { port: number }>> = {},
): DiscoverConfig => ({
  kind: 'dns',
  name: 'orders.svc',
  type: 'A',
  port: 8080,
  scheme: 'http',
  resolvers: [address],
  ...fields,
});

/** Services of `_http._tcp.orders.svc`, as `server` tells them. */
export const byService = (
  { address }: DnsServer,
  fields: Partial<Extract<DnsDiscoverConfig, { type: 'SRV' }>> = {},
): DiscoverConfig => ({
  kind: 'dns',
  name: '_http._tcp.orders.svc',
  type: 'SRV',
  scheme: 'http',
  resolvers: [address],
  ...fields,
});

/** Instances of `orders`, as `server` tells them. */
export const byConsul = (
  { url }: Pick<ConsulServer, 'url'>,
  fields: Partial<ConsulDiscoverConfig> = {},
): DiscoverConfig => ({
  kind: 'consul',
  origin: url,
  service: 'orders',
  tags: [],
  scheme: 'http',
  waitMs: 55_000,
  ...fields,
});

export interface Watched {
  readonly discovery: Discovery;
  /** Only what was started on it moves with it: sockets do not. */
  readonly clock: ManualClock;
  readonly found: readonly (readonly TargetConfig[])[];
  readonly failures: readonly Error[];
  /** What was told last. */
  readonly origins: readonly string[] | undefined;
  /** Waits until it was told `count` times. */
  readonly told: (count: number) => Promise<void>;
}

/** Starts; stops with the test. No jitter, unless `random` says so. */
export function watched(
  config: DiscoverConfig,
  random: () => number = () => 0,
  files?: SystemFiles,
): Watched {
  const clock = manualClock();
  const discovery = discover(config, { clock, random, names: new Names({ clock, files }) });
  const found: (readonly TargetConfig[])[] = [];
  const failures: Error[] = [];
  onTestFinished(() => discovery.stop());
  discovery.start({
    found: (targets) => void found.push(targets),
    failed: (error) => void failures.push(error),
  });
  return {
    discovery,
    clock,
    found,
    failures,
    get origins() {
      return found.at(-1)?.map(({ origin }) => origin);
    },
    told: (count) => eventually(() => found.length + failures.length === count),
  };
}
