/**
 * Where the targets of an upstream are looked up, and who gets them: one interface for every kind of
 * registry.
 *
 * A discovery reports everything it found, each time it looked; its listener decides what an empty or a
 * failed look-up means for calls.
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

/** Who is told; it must not throw. */
export interface DiscoveryListener {
  /** The whole list, each time it was looked up well; may be empty. Equal answers, equal lists. */
  found(targets: readonly TargetConfig[]): void;
  /** A look-up that went wrong; what was found before holds. */
  failed(error: Error): void;
}

export interface Discovery {
  /** What is looked up, and where; for the log. */
  readonly question: string;
  /** Looks at once, and then again and again; once in a discovery's life. */
  start(listener: DiscoveryListener): void;
  /** Ends a look-up that is under way; nothing is told any more. */
  stop(): void;
}

/** What the outside world gives: handed in, so that tests can. */
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

/** Servers that are named know nothing of this system's files and search domains. */
const sourceOf = ({ resolvers }: DnsDiscoverConfig, names: Names): NameSource =>
  resolvers.length > 0 ? new NameServers(resolvers) : names.open();
