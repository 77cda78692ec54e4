/** Who a request comes from; where no proxy is trusted, looked up once for each connection. */
import type { Socket } from 'node:net';
import { certificateOf, type ClientCertificate } from './client-certificate.ts';

export interface PeerInfo {
  /** IPv4, or IPv6 without brackets; an IPv4 address mapped into IPv6 is shown as IPv4. */
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** `X-Forwarded-For` of what is sent on: the address, then the proxies it came through. */
  readonly chain: string;
  /** The address as `Forwarded` spells it: `for=192.0.2.1`, `for="[2001:db8::1]"` (RFC 7239 §6). */
  readonly forwardedFor: string;
  /** Elements of `Forwarded` for the proxies it came through; empty where there is none. */
  readonly forwardedBy: string;
  /** What a trusted proxy says besides, for upstreams. */
  readonly passedOn?: Readonly<Record<string, string>> | undefined;
  /** Of the connection: a proxy in front shows its own. */
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
