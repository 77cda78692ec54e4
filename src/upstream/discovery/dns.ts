/** Takes the addresses of a name as targets, for as long as the records live. */
import type { DnsDiscoverConfig } from '../../config/build/config.ts';
import { MAX_TTL_MS, MIN_TTL_MS } from '../names/name-servers.ts';
import type { NameSource } from '../names/system-names.ts';
import { authority, originOf, targetList } from './target-list.ts';
import type { LookedUp, Registry } from './watch.ts';

/** The interval without a TTL: for SRV records, and for a name that does not exist. */
export const DEFAULT_REFRESH_MS = 10_000;
const MAX_FIRST_RETRY_MS = 5_000;

/** A failed look-up is retried soon, but never sooner than a successful one is refreshed. */
export const firstRetryMs = ({ refreshMs = DEFAULT_REFRESH_MS }: DnsDiscoverConfig): number =>
  Math.min(refreshMs, MAX_FIRST_RETRY_MS);

/** The name as it is passed to the system's resolver. */
export const askedName = ({ name, isWhole }: DnsDiscoverConfig): string =>
  isWhole === true ? `${name}.` : name;

export class AddressRegistry implements Registry {
  readonly retryMs: number;
  readonly #config: Exclude<DnsDiscoverConfig, { type: 'SRV' }>;
  readonly #names: NameSource;

  constructor(config: Exclude<DnsDiscoverConfig, { type: 'SRV' }>, names: NameSource) {
    this.#config = config;
    this.#names = names;
    this.retryMs = firstRetryMs(config);
  }

  get question(): string {
    const { name, type } = this.#config;
    return `${type} records of ${name} at ${this.#names.description}`;
  }

  async lookUp(): Promise<LookedUp> {
    const { name, type, scheme, port, refreshMs } = this.#config;
    const { addresses, ttlMs = DEFAULT_REFRESH_MS } = await this.#names.addresses(
      type,
      askedName(this.#config),
    );
    const host = authority(scheme, name, port);
    const targets = addresses.map((address) => ({
      origin: originOf(scheme, address, port),
      weight: 1,
      host,
    }));
    return {
      targets: targetList(targets),
      goodForMs: refreshMs ?? Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs)),
    };
  }

  close(): void {
    this.#names.close();
  }
}
