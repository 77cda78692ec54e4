/**
 * What trusted proxies say about a client: its address, its scheme, the host it asked for, and the
 * request's id.
 *
 * A list of addresses is read from its end, where the nearest proxy writes. An entry counts as long as
 * the proxy that wrote it is trusted, so entries that a client made up are never reached. Scheme and host
 * are taken from the same proxy as the address.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalHost } from '../core/canonical-host.ts';
import { joinedValue } from '../core/headers.ts';
import { type AddressRange, AddressSet } from '../config/schema/address-range.ts';
import {
  addressIn,
  elementsOf,
  type ForwardedEntry,
  readAddresses,
  readForwarded,
} from './forwarded-entries.ts';
import { forwardedName, namedInChain, type PeerInfo } from './peer.ts';

/** Beyond this many proxies, the last one read counts as the client. */
const MAX_PROXIES = 32;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
/** Set by the outermost proxy for upstreams that build links; the gateway does not use them. */
const PASSED_ON = ['x-forwarded-port', 'x-forwarded-prefix'];

export interface BelievedClient {
  readonly peer: PeerInfo;
  /** Canonical; absent: the request's own host counts. */
  readonly host: string | undefined;
  /** Absent: the gateway makes one. */
  readonly id: string | undefined;
}

export interface ProxyRules {
  readonly trustedProxies: readonly AddressRange[];
  /** The one field, in lower case, that holds the client's address; absent: the lists of proxies do. */
  readonly clientAddress?: string;
  /** Fields, in lower case, that only plugins may set. */
  readonly owned?: ReadonlySet<string>;
}

/** The accepted addresses, client first, and the position of the first one in the list. */
interface Walk {
  readonly chain: readonly string[];
  /** The position from the end of the list, counted from 1; 0: the peer. */
  readonly depth: number;
  /** The element that held the address. */
  readonly entry: ForwardedEntry | undefined;
}

export class TrustedProxies {
  readonly #trusted: AddressSet;
  readonly #field: string | undefined;
  readonly #passedOn: readonly string[];
  /** The answer for each connection. */
  readonly #known = new WeakMap<PeerInfo, boolean>();

  constructor({ trustedProxies, clientAddress, owned }: ProxyRules) {
    this.#trusted = new AddressSet(trustedProxies);
    this.#field = clientAddress;
    this.#passedOn = PASSED_ON.filter((name) => owned?.has(name) !== true);
  }

  /**
   * Who the client is, if `peer` is trusted to say so; otherwise `undefined`. Removes the field of
   * `clientAddress` from `headers` if it holds no address.
   */
  believe(headers: IncomingHttpHeaders, peer: PeerInfo): BelievedClient | undefined {
    if (!this.#trusts(peer)) return undefined;
    const list = joinedValue(headers['x-forwarded-for']);
    const forwarded =
      list === undefined && headers.forwarded !== undefined
        ? readForwarded(headers.forwarded)
        : undefined;
    // Proxies write one of the two. If both come, `Forwarded` may be the client's own.
    const walked = this.#walk(forwarded ?? readAddresses(list ?? ''), peer.address);
    const { chain, depth } = this.#told(headers, walked, peer.address);
    const entry = forwarded?.length === 1 ? forwarded[0] : depth > 0 ? walked.entry : undefined;
    const count = () => forwarded?.length ?? elementsOf(list ?? '').length;
    const proto = valueFor(joinedValue(headers['x-forwarded-proto']), depth, count);
    const host = valueFor(joinedValue(headers['x-forwarded-host']), depth, count);
    const address = chain[0]!;
    const id = headers['x-request-id'];
    return {
      peer: {
        address,
        scheme: schemeOf(proto ?? entry?.proto) ?? peer.scheme,
        chain: chain.map(namedInChain).join(', '),
        forwardedFor: forwardedName(address),
        forwardedBy: chain
          .slice(1)
          .map((each) => `, ${forwardedName(each)}`)
          .join(''),
        passedOn: this.#fieldsPassedOn(headers),
        certificate: peer.certificate,
        mayVouch: peer.mayVouch,
      },
      host: hostOf(host ?? entry?.host),
      id: typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined,
    };
  }

  #trusts(peer: PeerInfo): boolean {
    let isTrusted = this.#known.get(peer);
    if (isTrusted === undefined) {
      isTrusted = peer.mayVouch && this.#trusted.has(peer.address);
      this.#known.set(peer, isTrusted);
    }
    return isTrusted;
  }

  #walk(entries: Iterable<ForwardedEntry>, peer: string): Walk {
    const chain = [peer];
    let taken: ForwardedEntry | undefined;
    for (const entry of entries) {
      // An entry that is not an address ends the walk: the proxy that wrote it is the last one known.
      if (entry.address === undefined || chain.length > MAX_PROXIES) break;
      chain.unshift(entry.address);
      taken = entry;
      if (!this.#trusted.has(entry.address)) break;
    }
    return { chain, depth: chain.length - 1, entry: taken };
  }

  /**
   * With `clientAddress`, only that field counts, and it must hold one address. Otherwise the peer is the
   * client, because a proxy that sets this field may leave the lists as the client wrote them.
   */
  #told(headers: IncomingHttpHeaders, walked: Walk, peer: string): Walk {
    if (this.#field === undefined) return walked;
    const address = addressIn(joinedValue(headers[this.#field])?.trim() ?? '');
    if (address === walked.chain[0]) return walked;
    if (address !== undefined) return { chain: [address, peer], depth: 0, entry: undefined };
    delete headers[this.#field];
    return { chain: [peer], depth: 0, entry: undefined };
  }

  #fieldsPassedOn(headers: IncomingHttpHeaders): PeerInfo['passedOn'] {
    let fields: Record<string, string> | undefined;
    for (const name of this.#passedOn) {
      const value = joinedValue(headers[name]);
      if (value !== undefined) (fields ??= {})[name] = value;
    }
    return fields;
  }
}

/**
 * The value for the address at position `depth` from the end of a list of `count`. A single value always
 * holds. In a list of another length, values cannot be matched to addresses, so it counts for nothing.
 * `undefined` if there is no value.
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

/** Some proxies use the WebSocket schemes. */
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
