/** The hosts file: names that need no DNS, in the format of hosts(5). */
import { isIP } from 'node:net';

/** Addresses by name, in lower case, in the order of the file. */
export type Hosts = ReadonlyMap<string, readonly string[]>;

export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = hosts.get(key);
      if (known === undefined) hosts.set(key, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return hosts;
}

/** RFC 6761 §6.3: these are this machine, and no DNS server is asked. */
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** What `hosts` say of `name`, a dot at its end or not; `undefined` where DNS is to be asked. */
export function addressesIn(hosts: Hosts, name: string): readonly string[] | undefined {
  const key = withoutRoot(name).toLowerCase();
  const isLocal = key === 'localhost' || key.endsWith('.localhost');
  return hosts.get(key) ?? (isLocal ? LOOPBACK : undefined);
}

/** The dot at the end of a name that is whole. */
export const withoutRoot = (name: string): string => name.replace(/\.$/, '');
