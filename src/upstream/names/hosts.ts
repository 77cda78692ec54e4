/** Reads the hosts file, in the format of hosts(5): names that need no DNS. */
import { isIP } from 'node:net';

/** Addresses by lower-case name, in the order of the file. */
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

/** RFC 6761 §6.3: these names mean this machine; DNS is not asked. */
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/** The addresses of `name` in `hosts`, with or without a final dot; `undefined` if DNS must be asked. */
export function addressesIn(hosts: Hosts, name: string): readonly string[] | undefined {
  const key = withoutRoot(name).toLowerCase();
  const isLocal = key === 'localhost' || key.endsWith('.localhost');
  return hosts.get(key) ?? (isLocal ? LOOPBACK : undefined);
}

/** Removes the final dot of a fully qualified name. */
export const withoutRoot = (name: string): string => name.replace(/\.$/, '');
