/**
 * Questions to DNS servers: the system's, or those of the config.
 *
 * Goes past the system's files and search domains. A name that is not there, or has no such records,
 * is an empty answer; only a server that can not tell is a failure.
 */
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';

export type AddressType = 'A' | 'AAAA';

export interface Addresses {
  readonly addresses: readonly string[];
  /** The shortest of them; absent where there are no addresses. */
  readonly ttlMs?: number;
}

/** Each server is asked twice; c-ares takes about two seconds to give up on a question. */
const OPTIONS = { timeout: 1_000, maxTimeout: 2_000, tries: 2 };

/** "No such name", and "no such records": RFC 2308 §2. */
const NOTHING_THERE: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

export class NameServers {
  readonly #resolver = new Resolver(OPTIONS);
  #isClosed = false;

  /** `servers` as addresses, with or without a port; none: the system's. */
  constructor(servers: readonly string[]) {
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  async addresses(type: AddressType, name: string): Promise<Addresses> {
    const records = await this.#ask(type, name, () =>
      type === 'A'
        ? this.#resolver.resolve4(name, { ttl: true })
        : this.#resolver.resolve6(name, { ttl: true }),
    );
    if (records.length === 0) return { addresses: [] };
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
    };
  }

  services(name: string): Promise<SrvRecord[]> {
    return this.#ask('SRV', name, () => this.#resolver.resolveSrv(name));
  }

  /** Questions that are open fail, and so do those to come. */
  close(): void {
    this.#isClosed = true;
    this.#resolver.cancel();
  }

  async #ask<T>(type: string, name: string, question: () => Promise<T[]>): Promise<T[]> {
    try {
      if (this.#isClosed) throw new Error('no longer asked');
      return await question();
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      if (NOTHING_THERE.has(code)) return [];
      throw new Error(`DNS did not tell the ${type} records of ${name}: ${code}`, { cause: error });
    }
  }
}
