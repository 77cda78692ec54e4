/**
 * What proxies that the config trusts say of a client: its address, its scheme, the host it asked for,
 * and the request's id.
 *
 * A list of addresses is walked from its end, where the nearest proxy wrote: each entry is believed
 * while the one that wrote it is trusted. So what a client writes there itself is never reached. Scheme
 * and host are those that the proxy saw which wrote the address that is taken.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalHost } from '../core/canonical-host.ts';
import { type AddressRange, AddressSet } from '../config/schema/address-range.ts';
import {
  addressIn,
  elementsOf,
  type ForwardedEntry,
  readAddresses,
  readForwarded,
} from './forwarded-entries.ts';
import { forwardedName, type PeerInfo } from './peer.ts';

/** One that goes through more proxies than this is taken to come from the last of them. */
const MAX_PROXIES = 32;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** Said by the outermost proxy for whoever builds links behind us; to us they mean nothing. */
const PASSED_ON = ['x-forwarded-port', 'x-forwarded-prefix'];

export interface BelievedClient {
  readonly peer: PeerInfo;
  /** Canonical; absent: as the request itself says. */
  readonly host: string | undefined;
  /** Absent: one of ours. */
  readonly id: string | undefined;
}

export interface ProxyRules {
  readonly trustedProxies: readonly AddressRange[];
  /** The one field, in lower case, that tells the client's address; absent: the lists of proxies do. */
  readonly clientAddress?: string;
  /** Fields, in lower case, that only our plugins say. */
  readonly owned?: ReadonlySet<string>;
}

/** The believed addresses, client first, and where in the list the first one stood. */
interface Walk {
  readonly chain: readonly string[];
  /** From the end of the list, counted from 1; 0: it is the peer. */
  readonly depth: number;
  /** What the element says that told the address. */
  readonly entry: ForwardedEntry | undefined;
}

export class TrustedProxies {
  readonly #trusted: AddressSet;
  readonly #field: string | undefined;
  readonly #passedOn: readonly string[];
  /** A connection is asked about once. */
  readonly #known = new WeakMap<PeerInfo, boolean>();

  constructor({ trustedProxies, clientAddress, owned }: ProxyRules) {
    this.#trusted = new AddressSet(trustedProxies);
    this.#field = clientAddress;
    this.#passedOn = PASSED_ON.filter((name) => owned?.has(name) !== true);
  }

  /**
   * Who the client is, where `peer` may say so; `undefined` where it may not. Takes the field of
   * `clientAddress` out of `headers` where it tells no address.
   */
  believe(headers: IncomingHttpHeaders, peer: PeerInfo): BelievedClient | undefined {
    if (!this.#trusts(peer)) return undefined;
    const list = textOf(headers['x-forwarded-for']);
    const forwarded =
      list === undefined && headers.forwarded !== undefined
        ? readForwarded(headers.forwarded)
        : undefined;
    // Proxies write one of the two; where both come, `Forwarded` may be the client's own.
    const walked = this.#walk(forwarded ?? readAddresses(list ?? ''), peer.address);
    const { chain, depth } = this.#told(headers, walked, peer.address);
    const entry = forwarded?.length === 1 ? forwarded[0] : depth > 0 ? walked.entry : undefined;
    const count = () => forwarded?.length ?? elementsOf(list ?? '').length;
    const proto = valueFor(textOf(headers['x-forwarded-proto']), depth, count);
    const host = valueFor(textOf(headers['x-forwarded-host']), depth, count);
    const address = chain[0]!;
    const id = headers['x-request-id'];
    return {
      peer: {
        address,
        scheme: schemeOf(proto ?? entry?.proto) ?? peer.scheme,
        chain: chain.join(', '),
        forwardedFor: forwardedName(address),
        forwardedBy: chain
          .slice(1)
          .map((each) => `, ${forwardedName(each)}`)
          .join(''),
        passedOn: this.#fieldsPassedOn(headers),
        certificate: peer.certificate,
      },
      host: hostOf(host ?? entry?.host),
      id: typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined,
    };
  }

  #trusts(peer: PeerInfo): boolean {
    let isTrusted = this.#known.get(peer);
    if (isTrusted === undefined) {
      isTrusted = this.#trusted.has(peer.address);
      this.#known.set(peer, isTrusted);
    }
    return isTrusted;
  }

  #walk(entries: Iterable<ForwardedEntry>, peer: string): Walk {
    const chain = [peer];
    let taken: ForwardedEntry | undefined;
    for (const entry of entries) {
      // An entry that is no address ends it: who wrote it is the last one known.
      if (entry.address === undefined || chain.length > MAX_PROXIES) break;
      chain.unshift(entry.address);
      taken = entry;
      if (!this.#trusted.has(entry.address)) break;
    }
    return { chain, depth: chain.length - 1, entry: taken };
  }

  /**
   * With `clientAddress` that field alone tells the address: one address, once. Where it does not, the
   * peer is the client: a proxy that sets this field may leave the lists as the client wrote them.
   */
  #told(headers: IncomingHttpHeaders, walked: Walk, peer: string): Walk {
    if (this.#field === undefined) return walked;
    const address = addressIn(textOf(headers[this.#field])?.trim() ?? '');
    if (address === walked.chain[0]) return walked;
    if (address !== undefined) return { chain: [address, peer], depth: 0, entry: undefined };
    delete headers[this.#field];
    return { chain: [peer], depth: 0, entry: undefined };
  }

  #fieldsPassedOn(headers: IncomingHttpHeaders): PeerInfo['passedOn'] {
    let fields: Record<string, string> | undefined;
    for (const name of this.#passedOn) {
      const value = textOf(headers[name]);
      if (value !== undefined) (fields ??= {})[name] = value;
    }
    return fields;
  }
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' || value === undefined ? value : value.join(',');

/**
 * Of a list, what was said of the address `depth` from the end of a list of `count`. One value holds as
 * it is; of a list of another length nobody knows which of its values is whose: it says nothing, and
 * neither does anything else then. `undefined` where there is none.
 */
function valueFor(
  list: string | undefined,
  depth: number,
  count: () => number,
): string | undefined {
  if (list === undefined) return undefined;
  const values = elementsOf(list);
  if (values.length <= 1) return values[0];
  return depth > 0 && values.length === count() ? values.at(-depth) : '';
}

/** Some proxies call those of WebSockets by a name of their own. */
const SCHEMES: ReadonlyMap<string, PeerInfo['scheme']> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
]);

const schemeOf = (text: string | undefined): PeerInfo['scheme'] | undefined =>
  text === undefined ? undefined : SCHEMES.get(text.toLowerCase());

const hostOf = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : canonicalHost(text);
