/** Who a request comes from. The peer of a connection is looked up once. */
import type { Socket } from 'node:net';
import { certificateOf, type ClientCertificate } from './client-certificate.ts';

export interface PeerInfo {
  /** IPv4, or IPv6 without brackets; an IPv4 address mapped into IPv6 is shown as IPv4. */
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** The `X-Forwarded-For` that is sent upstream: the address, then the proxies it came through. */
  readonly chain: string;
  /** The address as written in `Forwarded`: `for=192.0.2.1`, `for="[2001:db8::1]"` (RFC 7239 §6). */
  readonly forwardedFor: string;
  /** Elements of `Forwarded` for the proxies it came through; empty if there are none. */
  readonly forwardedBy: string;
  /** Further fields of a trusted proxy, for upstreams. */
  readonly passedOn?: Readonly<Record<string, string>> | undefined;
  /** The connection's certificate; behind a proxy, that is the proxy's. */
  readonly certificate: ClientCertificate | undefined;
  /** False: somebody whom nobody knows, behind a proxy. What it says of clients is not the proxy's word. */
  readonly mayVouch: boolean;
}

const peers = new WeakMap<Socket, PeerInfo>();

/** What a listener knows of a peer that its socket does not say. */
export type ToldPeer = Pick<PeerInfo, 'address' | 'mayVouch'>;

const told = new WeakMap<Socket, ToldPeer>();

/** From now on `peer` is at the other end of `socket`, and of TLS over it. */
export function tellPeer(socket: Socket, peer: ToldPeer): void {
  told.set(socket, peer);
}

/** Node keeps the connection below TLS there and says so nowhere else. */
function toldOf(socket: Socket & { readonly _parent?: Socket | null }): ToldPeer | undefined {
  const { _parent: below } = socket;
  return told.get(socket) ?? (below ? told.get(below) : undefined);
}

/**
 * IPv4, or IPv6 without brackets; an IPv4 address mapped into IPv6 is shown as IPv4. `unix` for clients on a
 * unix socket.
 */
export const addressOf = (socket: Socket): string =>
  toldOf(socket)?.address ?? (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '');

/** Who is at the other end of a connection. */
export function peerOf(socket: Socket): PeerInfo {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const address = addressOf(socket);
  const isSecure = 'encrypted' in socket && socket.encrypted === true;
  const peer: PeerInfo = {
    address,
    scheme: isSecure ? 'https' : 'http',
    chain: namedInChain(address),
    forwardedFor: forwardedName(address),
    forwardedBy: '',
    passedOn: undefined,
    certificate: isSecure ? certificateOf(socket) : undefined,
    mayVouch: toldOf(socket)?.mayVouch ?? true,
  };
  peers.set(socket, peer);
  return peer;
}

/** What is no address is `unknown` to others, as Squid and RFC 7239 §6.2 have it. */
const isAddress = (text: string): boolean => text.includes('.') || text.includes(':');

/** As an entry of `X-Forwarded-For`. */
export const namedInChain = (address: string): string => (isAddress(address) ? address : 'unknown');

export const forwardedName = (address: string): string =>
  address.includes(':') ? `for="[${address}]"` : `for=${namedInChain(address)}`;
