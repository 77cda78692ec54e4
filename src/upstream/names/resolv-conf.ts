/** Reads resolv.conf(5): which servers to ask, and how to complete short names. */
import { isIP } from 'node:net';

export interface ResolvConf {
  /** In the form of `Resolver.setServers`; empty: the system's default. */
  readonly servers: readonly string[];
  /** Domains, tried in this order. */
  readonly search: readonly string[];
  /** A name with at least this many dots is tried as it is before the search domains are. */
  readonly ndots: number;
  /** The first timeout of one question. */
  readonly timeoutMs: number;
  /** How often each server is asked. */
  readonly tries: number;
}

const MAX_NDOTS = 15;
const MAX_TIMEOUT_S = 30;
const MAX_TRIES = 5;

/** `hostname` is this machine's. Its domain is searched if the file names none. */
export function parseResolvConf(text: string, hostname: string): ResolvConf {
  const servers: string[] = [];
  const options: Record<string, number> = {};
  let search = hostname.split('.').slice(1).join('.').split(' ');
  for (const line of text.split(/\r?\n/)) {
    const [key, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    const [first = ''] = values;
    if (key === 'nameserver' && isServer(first)) servers.push(first);
    // Of these two, the last line counts.
    else if (key === 'search') search = values;
    else if (key === 'domain') search = [first];
    else if (key === 'options') Object.assign(options, numbersIn(values));
  }
  const { ndots = 1, timeout = 2, attempts = 3 } = options;
  return {
    servers,
    search: search.map((domain) => domain.replace(/\.$/, '').toLowerCase()).filter(isNotRoot),
    ndots: Math.min(ndots, MAX_NDOTS),
    timeoutMs: Math.min(Math.max(timeout, 1), MAX_TIMEOUT_S) * 1_000,
    tries: Math.min(Math.max(attempts, 1), MAX_TRIES),
  };
}

/**
 * The fully qualified names that `name` may stand for, in the order to ask for them. A name with a final
 * dot is fully qualified already.
 */
export function namesFor(name: string, { search, ndots }: ResolvConf): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length > ndots ? [name, ...searched] : [...searched, name];
}

const isNotRoot = (domain: string): boolean => domain !== '';

/** Is this an address, with or without a port, as c-ares reads them? */
const isServer = (text: string): boolean =>
  isIP(text) !== 0 || isIP(/^\[?([^\]]+)\]?:\d{1,5}$/.exec(text)?.[1] ?? '') !== 0;

/** `ndots:5` → `{ ndots: 5 }`; other options are not used. */
const numbersIn = (options: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    options
      .map((option) => /^([a-z]+):(\d{1,4})$/.exec(option) ?? [])
      .filter(([, name]) => name !== undefined)
      .map(([, name, value]) => [name, Number(value)]),
  );
