/**
 * Asks DNS servers: the system's, or named ones.
 *
 * Names are fully qualified here; files and search domains belong to system-names.ts. A name that does
 * not exist or has no such records gives an empty answer; only a server that cannot answer is a failure.
 */
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { withoutRoot } from './hosts.ts';

export type AddressType = 'A' | 'AAAA';

export interface Addresses {
  readonly addresses: readonly string[];
  /** The shortest TTL of all; absent if there are no addresses. */
  readonly ttlMs?: number;
}

export interface ServerOptions {
  /** The wait for the first answer; doubles with each try. */
  readonly timeoutMs: number;
  /** How often each server is asked. */
  readonly tries: number;
}

/** The bounds of a TTL. */
export const MIN_TTL_MS = 1_000;
export const MAX_TTL_MS = 300_000;

/** Fails after about three seconds. */
const OPTIONS: ServerOptions = { timeoutMs: 1_000, tries: 2 };
const MAX_TIMEOUT_MS = 5_000;

/** "No such name", and "no such records": RFC 2308 §2. */
const NOTHING_THERE: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

/** DNS could not answer; `cause` is c-ares's error. */
export class DnsError extends Error {
  /** c-ares's code, such as `ETIMEOUT`. */
  readonly code: string;

  constructor(message: string, cause: unknown) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    super(`${message}: ${code}`, { cause });
    this.code = code;
  }
}

export class NameServers {
  readonly #resolver: Resolver;
  #isClosed = false;

  /** `servers` are addresses, with or without a port; empty: the system's. */
  constructor(servers: readonly string[], { timeoutMs, tries }: ServerOptions = OPTIONS) {
    const maxTimeout = Math.max(timeoutMs, Math.min(2 * timeoutMs, MAX_TIMEOUT_MS));
    this.#resolver = new Resolver({ timeout: timeoutMs, maxTimeout, tries });
    if (servers.length > 0) this.#resolver.setServers(servers);
  }

  /** The servers, for the log: `10.0.0.2, 10.0.0.3:5353`. */
  get description(): string {
    return this.#resolver.getServers().join(', ');
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

  /** Pending and future questions fail. */
  close(): void {
    this.#isClosed = true;
    this.#resolver.cancel();
  }

  async #ask<T>(type: string, name: string, question: () => Promise<T[]>): Promise<T[]> {
    try {
      if (this.#isClosed) throw new Error('no longer used');
      return await question();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (NOTHING_THERE.has(code)) return [];
      const what = `DNS at ${this.description} did not return the ${type} records of ${withoutRoot(name)}`;
      throw new DnsError(what, error);
    }
  }
}
