/**
 * Resolves names as this system does: its hosts file, then its DNS servers with its search domains.
 *
 * The order is getaddrinfo's (`hosts: files dns`), but without its threads: libuv has four of them for
 * names, files and logs together, and one slow name could block them all. Only the files are cached here;
 * callers that ask often should keep the answer.
 */
import type { SrvRecord } from 'node:dns';
import { isIPv4 } from 'node:net';
import { hostname } from 'node:os';
import { addressesIn, parseHosts } from './hosts.ts';
import { type Addresses, type AddressType, type DnsError, NameServers } from './name-servers.ts';
import { namesFor, parseResolvConf, type ResolvConf } from './resolv-conf.ts';
import { SystemFile } from './system-file.ts';

/** The paths of the files; tests pass their own. */
export interface SystemFiles {
  readonly hosts: string;
  readonly resolvConf: string;
}

export const SYSTEM_FILES: SystemFiles = {
  hosts: process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts',
  resolvConf: '/etc/resolv.conf',
};

/** Errors after which the next search domain is tried, as glibc does. */
const MAY_GO_ON: ReadonlySet<unknown> = new Set(['ESERVFAIL', 'EREFUSED', 'ENOTIMP', 'EFORMERR']);

/** A source for both kinds of look-up: the system, or servers that the config names. */
export interface NameSource {
  /** The servers asked, for the log. */
  readonly description: string;
  addresses(type: AddressType, name: string): Promise<Addresses>;
  services(name: string): Promise<SrvRecord[]>;
  close(): void;
}

export class SystemNames implements NameSource {
  readonly #hosts: SystemFile<ReturnType<typeof parseHosts>>;
  readonly #conf: SystemFile<ResolvConf>;
  #servers: { readonly conf: ResolvConf; readonly dns: NameServers } | undefined;
  #isClosed = false;

  constructor(files: SystemFiles = SYSTEM_FILES) {
    this.#hosts = new SystemFile(files.hosts, parseHosts);
    this.#conf = new SystemFile(files.resolvConf, (text) => parseResolvConf(text, hostname()));
  }

  get description(): string {
    return this.#dns().description;
  }

  /** The addresses of `name` in the hosts file; `undefined` if it does not mention the name. */
  known(name: string): readonly string[] | undefined {
    return addressesIn(this.#hosts.get(), name);
  }

  async addresses(type: AddressType, name: string): Promise<Addresses> {
    const known = this.known(name)?.filter((address) => isIPv4(address) === (type === 'A')) ?? [];
    if (known.length > 0) return { addresses: known };
    return this.find(name, (whole, dns) => dns.addresses(type, whole), hasAddresses);
  }

  services(name: string): Promise<SrvRecord[]> {
    return this.find(
      name,
      (whole, dns) => dns.services(whole),
      (records) => records.length > 0,
    );
  }

  /**
   * Asks DNS for each name that `name` may stand for, until `isThere` accepts an answer.
   *
   * @returns that answer, or the last one if none is accepted
   * @throws {DnsError} if a server cannot answer, and no answer is accepted
   */
  async find<T>(
    name: string,
    ask: (whole: string, dns: NameServers) => Promise<T>,
    isThere: (answer: T) => boolean,
  ): Promise<T> {
    let failure: unknown;
    let answer: T | undefined;
    for (const whole of namesFor(name, this.#conf.get())) {
      try {
        answer = await ask(whole, this.#dns());
        if (isThere(answer)) return answer;
      } catch (error) {
        failure = error;
        if (!MAY_GO_ON.has((error as DnsError).code)) break;
      }
    }
    // There is at least one name, so without a failure there is an answer.
    if (failure !== undefined) throw failure;
    return answer!;
  }

  close(): void {
    this.#isClosed = true;
    this.#servers?.dns.close();
  }

  /** The servers of the current resolv.conf. Questions to earlier servers continue. */
  #dns(): NameServers {
    const conf = this.#conf.get();
    if (this.#servers?.conf !== conf) this.#servers = { conf, dns: open(conf) };
    if (this.#isClosed) this.#servers.dns.close();
    return this.#servers.dns;
  }
}

export const hasAddresses = ({ addresses }: Addresses): boolean => addresses.length > 0;

function open(conf: ResolvConf): NameServers {
  try {
    return new NameServers(conf.servers, conf);
  } catch {
    // c-ares rejects an address, such as one with a zone; it then reads the file itself.
    return new NameServers([], conf);
  }
}
