/** Takes the services in the SRV records of a name (RFC 2782) as targets, each at all its addresses. */
import type { SrvRecord } from 'node:dns';
import type { DnsDiscoverConfig, TargetConfig } from '../../config/build/config.ts';
import type { NameSource } from '../names/system-names.ts';
import { askedName, DEFAULT_REFRESH_MS, firstRetryMs } from './dns.ts';
import { addressWeights } from './srv-weights.ts';
import { authority, originOf, type Scheme, targetList } from './target-list.ts';
import type { LookedUp, Registry } from './watch.ts';

interface Service extends SrvRecord {
  /** Not empty. */
  readonly addresses: readonly string[];
}

export class ServiceRegistry implements Registry {
  readonly retryMs: number;
  readonly #config: DnsDiscoverConfig;
  readonly #names: NameSource;

  constructor(config: Extract<DnsDiscoverConfig, { type: 'SRV' }>, names: NameSource) {
    this.#config = config;
    this.#names = names;
    this.retryMs = firstRetryMs(config);
  }

  get question(): string {
    return `SRV records of ${this.#config.name} at ${this.#names.description}`;
  }

  async lookUp(): Promise<LookedUp> {
    const { scheme, refreshMs = DEFAULT_REFRESH_MS } = this.#config;
    const records = await this.#names.services(askedName(this.#config));
    // A record without a name means that there is no such service.
    const services = await this.#locate(records.filter((record) => record.name !== ''));
    return { targets: targetList(targetsOf(services, scheme)), goodForMs: refreshMs };
  }

  close(): void {
    this.#names.close();
  }

  /**
   * Those of `records` whose names have addresses.
   *
   * @throws the DNS error, if no name has an address
   */
  async #locate(records: readonly SrvRecord[]): Promise<Service[]> {
    const names = [...new Set(records.map(({ name }) => name))];
    const answers = await Promise.allSettled(names.map((name) => this.#addresses(name)));
    const found = new Map<string, readonly string[]>();
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') found.set(names[i]!, answer.value);
    }
    const services = records
      .map((record) => ({ ...record, addresses: found.get(record.name) ?? [] }))
      .filter(({ addresses }) => addresses.length > 0);
    const failure = answers.find(({ status }) => status === 'rejected');
    if (services.length === 0 && failure?.status === 'rejected') throw failure.reason;
    return services;
  }

  /** A name in a record is fully qualified (RFC 2782). */
  async #addresses(name: string): Promise<readonly string[]> {
    const { addresses } = await this.#names.addresses('A', `${name}.`);
    return addresses.length > 0
      ? addresses
      : (await this.#names.addresses('AAAA', `${name}.`)).addresses;
  }
}

function* targetsOf(services: readonly Service[], scheme: Scheme): Generator<TargetConfig> {
  for (const [priority, equals] of Map.groupBy(services, (each) => each.priority)) {
    const weights = addressWeights(equals);
    for (const [i, { name, port, addresses }] of equals.entries()) {
      const host = authority(scheme, name, port);
      for (const address of addresses) {
        yield { origin: originOf(scheme, address, port), weight: weights[i]!, priority, host };
      }
    }
  }
}
