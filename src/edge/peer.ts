/** Who is at the other end of a connection; looked up once for each, not for each request. */
import type { Socket } from 'node:net';

export interface PeerInfo {
  /** IPv4, or IPv6 without brackets; an IPv4 address mapped into IPv6 is shown as IPv4. */
  readonly address: string;
  /** As `Forwarded` spells it: `for=192.0.2.1`, `for="[2001:db8::1]"` (RFC 7239 §6). */
  readonly forwardedFor: string;
  readonly scheme: 'http' | 'https';
}

const peers = new WeakMap<Socket, PeerInfo>();

export function peerOf(socket: Socket): PeerInfo {
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const address = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '');
  const forwardedFor = address.includes(':') ? `for="[${address}]"` : `for=${address}`;
  const scheme = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
  const peer: PeerInfo = { address, forwardedFor, scheme };
  peers.set(socket, peer);
  return peer;
}
