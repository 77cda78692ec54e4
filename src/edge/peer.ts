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
}

const peers = new WeakMap<Socket, PeerInfo>();

/** IPv4, or IPv6 without brackets; an IPv4 address mapped into IPv6 is shown as IPv4. */
export const addressOf = ({ remoteAddress = 'unknown' }: Socket): string =>
  remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');

/** Who is at the other end of a connection. */
export function peerOf(socket: Socket): PeerInfo {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const address = addressOf(socket);
  const isSecure = 'encrypted' in socket && socket.encrypted === true;
  const peer: PeerInfo = {
    address,
    scheme: isSecure ? 'https' : 'http',
    chain: address,
    forwardedFor: forwardedName(address),
    forwardedBy: '',
    passedOn: undefined,
    certificate: isSecure ? certificateOf(socket) : undefined,
  };
  peers.set(socket, peer);
  return peer;
}

export const forwardedName = (address: string): string =>
  address.includes(':') ? `for="[${address}]"` : `for=${address}`;
