/**
 * Resolves every name that the gateway connects to, in one place: targets, health checks, Consul, key
 * sets, Redis.
 *
 * Each name has at most one look-up in flight. Its answer is kept while it is fresh, and the last good
 * one stays in use while the next is late or fails. No name waits for another: questions go to DNS over
 * the gateway's own sockets, never through getaddrinfo and its four threads.
 */
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../core/clock.ts';
import { bothFamilies } from './both-families.ts';
import { MAX_TTL_MS, MIN_TTL_MS } from './name-servers.ts';
import { hasAddresses, type SystemFiles, SystemNames } from './system-names.ts';

/** Resolving a name began to fail, or recovered; for the log, once each time. */
export type NameEvent =
  | { readonly kind: 'failing'; readonly resolver: string; readonly why: string }
  | { readonly kind: 'recovered' };

export interface NamesOptions {
  readonly clock: Clock;
  /** Default: those of the system. */
  readonly files?: SystemFiles | undefined;
  readonly onEvent?: (name: string, event: NameEvent) => void;
}

/** A look-up that takes longer is late; the last good answer is used meanwhile. */
const PATIENCE_MS = 200;
/** After this long, the log reports the delay. */
const LATE_MS = 2_000;
/** The pause after a failed look-up. */
const PAUSE_MS = 1_000;
/** How long an old answer may be used when no new one is available (RFC 8767 §5). */
const STALE_MS = 86_400_000;
/** The most names kept; the least recently used one goes first. */
const MAX_NAMES = 1_024;

/** What is known of a name; times are on the clock. */
export interface KnownName {
  readonly name: string;
  /** From the last good answer; empty before the first. */
  readonly addresses: readonly string[];
  /** When that answer came. */
  readonly answeredAt: number | undefined;
  /** Of the last look-up; `undefined` if it succeeded. */
  readonly failure: Error | undefined;
  /** When it failed. */
  readonly failedAt: number;
}

interface Entry extends KnownName {
  addresses: readonly string[];
  answeredAt: number | undefined;
  failure: Error | undefined;
  failedAt: number;
  freshUntil: number;
  staleUntil: number;
  /** The look-up in progress; settles when it has succeeded or failed. */
  pending: Promise<void> | undefined;
  /** Settles with `pending`, or once that is late. */
  patience: Promise<void> | undefined;
  nextAt: number;
  /** The log has reported the failure. */
  isTold: boolean;
  /** Counts the dials, to rotate the addresses. */
  turn: number;
}

export class Names {
  readonly #options: NamesOptions;
  readonly #system: SystemNames;
  readonly #entries = new Map<string, Entry>();

  constructor(options: NamesOptions) {
    this.#options = options;
    this.#system = new SystemNames(options.files);
  }

  /** For `net.connect`, instead of `dns.lookup`. */
  readonly lookup: LookupFunction = (name, { family, all }, callback) => {
    this.resolve(name).then(
      (addresses) => {
        const found = addresses
          .map((address) => ({ address, family: isIP(address) }))
          .filter((each) => family === undefined || FAMILIES.get(family) !== 10 - each.family);
        const [first] = found;
        if (first === undefined) callback(notThere(name, this.#system.description), '', 0);
        else if (all === true) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };

  /** The same names, uncached, for discovery, which keeps its own results. The caller closes it. */
  open(): SystemNames {
    return new SystemNames(this.#options.files);
  }

  /**
   * The addresses of `name`, in the order to try them.
   *
   * @throws an error with one of getaddrinfo's codes: ENOTFOUND, or EAI_AGAIN if DNS cannot answer
   */
  async resolve(name: string): Promise<readonly string[]> {
    if (isIP(name) !== 0) return [name];
    const listed = this.#system.known(name);
    if (listed !== undefined) return listed;
    const entry = this.#entryOf(name);
    const { clock } = this.#options;
    if (clock.now() >= entry.freshUntil) {
      if (entry.pending === undefined && clock.now() >= entry.nextAt) this.#ask(entry);
      await (clock.now() < entry.staleUntil ? entry.patience : entry.pending);
    }
    if (clock.now() < entry.staleUntil) return inTurn(entry);
    throw entry.failure ?? notThere(name, this.#system.description);
  }

  /** Those that were looked up: the least recently used one first. */
  known(): Iterable<KnownName> {
    return this.#entries.values();
  }

  /** Ends look-ups in progress. */
  close(): void {
    this.#system.close();
  }

  #entryOf(name: string): Entry {
    const known = this.#entries.get(name);
    this.#entries.delete(name);
    const entry = known ?? unknown(name);
    this.#entries.set(name, entry);
    if (this.#entries.size > MAX_NAMES) {
      const [oldest = ''] = this.#entries.keys();
      this.#entries.delete(oldest);
    }
    return entry;
  }

  #ask(entry: Entry): void {
    const { clock } = this.#options;
    const impatient = Promise.withResolvers<void>();
    const timers = [
      clock.after(PATIENCE_MS, impatient.resolve),
      clock.after(LATE_MS, () => this.#tell(entry, `no answer for ${LATE_MS} ms`)),
    ];
    const end = (): void => {
      entry.pending = entry.patience = undefined;
      impatient.resolve();
      for (const timer of timers) clock.cancel(timer);
    };
    entry.patience = impatient.promise;
    entry.pending = this.#answer(entry).finally(end);
  }

  /** Never rejects; a failure is stored in the entry. */
  async #answer(entry: Entry): Promise<void> {
    const { clock } = this.#options;
    const { name } = entry;
    try {
      const { addresses, ttlMs = 0 } = await this.#system.find(
        name,
        (whole, dns) => bothFamilies((type) => dns.addresses(type, whole), clock),
        hasAddresses,
      );
      if (addresses.length === 0) throw notThere(name, this.#system.description);
      const now = clock.now();
      entry.addresses = preferred(addresses);
      entry.answeredAt = now;
      entry.freshUntil = now + Math.min(MAX_TTL_MS, Math.max(MIN_TTL_MS, ttlMs));
      entry.staleUntil = now + STALE_MS;
      entry.failure = undefined;
      if (entry.isTold) this.#options.onEvent?.(name, { kind: 'recovered' });
      entry.isTold = false;
    } catch (error) {
      entry.failure = asLookupError(error as NodeJS.ErrnoException, name);
      entry.failedAt = clock.now();
      entry.nextAt = entry.failedAt + PAUSE_MS;
      this.#tell(entry, entry.failure.message);
    }
  }

  #tell(entry: Entry, why: string): void {
    if (entry.isTold) return;
    entry.isTold = true;
    const resolver = this.#system.description;
    this.#options.onEvent?.(entry.name, { kind: 'failing', resolver, why });
  }
}

const FAMILIES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [4, 4],
  ['IPv4', 4],
  [6, 6],
  ['IPv6', 6],
]);

const unknown = (name: string): Entry => ({
  name,
  addresses: [],
  answeredAt: undefined,
  freshUntil: Number.NEGATIVE_INFINITY,
  staleUntil: Number.NEGATIVE_INFINITY,
  pending: undefined,
  patience: undefined,
  nextAt: Number.NEGATIVE_INFINITY,
  failure: undefined,
  failedAt: Number.NEGATIVE_INFINITY,
  isTold: false,
  turn: 0,
});

/** Puts the family first that this machine can use; within a family the order stays. */
function preferred(addresses: readonly string[]): string[] {
  const first = hasIPv6() ? 6 : 4;
  return [
    ...addresses.filter((address) => isIP(address) === first),
    ...addresses.filter((address) => isIP(address) !== first),
  ];
}

const hasIPv6 = (): boolean =>
  Object.values(networkInterfaces()).some((addresses = []) =>
    addresses.some(
      ({ family, internal, scopeid }) => family === 'IPv6' && !internal && scopeid === 0,
    ),
  );

/** Rotates the addresses of the first family, so that each dial begins with the next one. */
function inTurn(entry: Entry): readonly string[] {
  const { addresses } = entry;
  const family = isIP(addresses[0] ?? '');
  const first = addresses.filter((address) => isIP(address) === family);
  const start = entry.turn % first.length;
  entry.turn = start + 1;
  return [...first.slice(start), ...first.slice(0, start), ...addresses.slice(first.length)];
}

const notThere = (name: string, resolver: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${name} is neither in the hosts file nor in DNS at ${resolver}`), {
    code: 'ENOTFOUND',
  });

/**
 * c-ares's own codes would be mistaken for the target's: a DNS server, too, may refuse with ECONNREFUSED.
 */
const asLookupError = (error: NodeJS.ErrnoException, name: string): NodeJS.ErrnoException =>
  error.code === 'ENOTFOUND'
    ? error
    : Object.assign(new Error(error.message, { cause: error }), {
        code: 'EAI_AGAIN',
        hostname: name,
      });
