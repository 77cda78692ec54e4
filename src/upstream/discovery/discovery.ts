/**
 * One interface for every kind of registry in which the targets of an upstream are looked up.
 *
 * A discovery reports the whole result of each look-up. Its listener decides what an empty or a failed
 * one means for calls.
 */
import type { Clock } from '../../core/clock.ts';
import type { DiscoverConfig, DnsDiscoverConfig, TargetConfig } from '../../config/build/config.ts';
import { NameServers } from '../names/name-servers.ts';
import type { Names } from '../names/names.ts';
import type { NameSource } from '../names/system-names.ts';
import { ConsulRegistry } from './consul.ts';
import { AddressRegistry } from './dns.ts';
import { ServiceRegistry } from './srv.ts';
import { type Registry, Watch } from './watch.ts';

/** Gets the results; must not throw. */
export interface DiscoveryListener {
  /** The whole list, after each successful look-up; may be empty. Equal answers give equal lists. */
  found(targets: readonly TargetConfig[]): void;
  /** A look-up failed; the targets found before stay valid. */
  failed(error: Error): void;
}

export interface Discovery {
  /** What is looked up, and where; for the log. */
  readonly question: string;
  /** Looks up at once and then repeatedly. Call it only once. */
  start(listener: DiscoveryListener): void;
  /** Ends a look-up in progress; the listener is not called again. */
  stop(): void;
}

/** Dependencies, passed in so that tests can replace them. */
export interface DiscoverySurroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly names: Names;
}

/** The discovery that `config` asks for; it does nothing until it is started. */
export function discover(config: DiscoverConfig, surroundings: DiscoverySurroundings): Discovery {
  return new Watch(registryOf(config, surroundings), surroundings);
}

function registryOf(config: DiscoverConfig, surroundings: DiscoverySurroundings): Registry {
  if (config.kind === 'consul') return new ConsulRegistry(config, surroundings);
  const source = sourceOf(config, surroundings.names);
  return config.type === 'SRV'
    ? new ServiceRegistry(config, source)
    : new AddressRegistry(config, source);
}

/** With named servers, this system's files and search domains do not apply. */
const sourceOf = ({ resolvers }: DnsDiscoverConfig, names: Names): NameSource =>
  resolvers.length > 0 ? new NameServers(resolvers) : names.open();
