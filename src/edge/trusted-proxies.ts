/**
 * What proxies that the config trusts say of a client: its address, its scheme, the host it asked for,
 * and the request's id.
 *
 * A list of addresses is walked from its end, where the nearest proxy wrote: each entry is believed
 * while the one that wrote it is trusted. So what a client writes there itself is never reached.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalHost } from '../canonical-host.ts';
import { type AddressRange, AddressSet } from '../config/address-range.ts';
import { type ForwardedEntry, readAddresses, readForwarded } from './forwarded-entries.ts';
import { forwardedName, type PeerInfo } from './peer.ts';

/** One that goes through more proxies than this is taken to come from the last of them. */
const MAX_PROXIES = 32;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

export interface BelievedClient {
  readonly peer: PeerInfo;
  /** Canonical; absent: as the request itself says. */
  readonly host: string | undefined;
  /** Absent: one of ours. */
  readonly id: string | undefined;
}

export class TrustedProxies {
  readonly #trusted: AddressSet;
  /** A connection is asked about once. */
  readonly #known = new WeakMap<PeerInfo, boolean>();

  constructor(ranges: readonly AddressRange[]) {
    this.#trusted = new AddressSet(ranges);
  }

  /** Who the client is, where `peer` may say so; `undefined` where it may not. */
  believe(headers: IncomingHttpHeaders, peer: PeerInfo): BelievedClient | undefined {
    if (!this.#trusts(peer)) return undefined;
    const { forwarded } = headers;
    const list = textOf(headers['x-forwarded-for']);
    // Proxies write one of the two; where both come, `Forwarded` may be the client's own.
    const entries =
      list === undefined && forwarded !== undefined
        ? readForwarded(forwarded)
        : readAddresses(list ?? '');
    const [chain, named] = this.#walk(entries, peer.address);
    const address = chain[0]!;
    const id = headers['x-request-id'];
    return {
      peer: {
        address,
        scheme: schemeOf(lastOf(headers['x-forwarded-proto']) ?? named?.proto) ?? peer.scheme,
        chain: chain.join(', '),
        forwardedFor: forwardedName(address),
        forwardedBy: chain
          .slice(1)
          .map((each) => `, ${forwardedName(each)}`)
          .join(''),
        certificate: peer.certificate,
      },
      host: hostOf(lastOf(headers['x-forwarded-host']) ?? named?.host),
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

  /** The believed addresses, client first, and what was said of the client besides. */
  #walk(
    entries: Iterable<ForwardedEntry>,
    peer: string,
  ): [chain: readonly string[], named: ForwardedEntry | undefined] {
    const chain = [peer];
    let named: ForwardedEntry | undefined;
    for (const entry of entries) {
      // An entry that is no address ends it: who wrote it is the last one known.
      if (entry.address === undefined || chain.length > MAX_PROXIES) break;
      chain.unshift(entry.address);
      named = entry;
      if (!this.#trusted.has(entry.address)) break;
    }
    return [chain, named];
  }
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' || value === undefined ? value : value.join(',');

/** Of a list, what the nearest proxy has added. */
const lastOf = (value: string | readonly string[] | undefined): string | undefined =>
  textOf(value)?.split(',').at(-1)?.trim();

function schemeOf(text: string | undefined): PeerInfo['scheme'] | undefined {
  const scheme = text?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

const hostOf = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : canonicalHost(text);
