/**
 * Reserves some file descriptors for sockets to upstreams, look-ups and files.
 *
 * The system assigns the lowest free number, so a connection's own number tells how many are in
 * use. Without the reserve, libuv would silently close connections that it cannot accept, and upstreams could not be called.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const MOST_RESERVED = 64;

/** Of `limit` descriptors, those that clients do not get. */
export const reserveOf = (limit: number): number => Math.min(MOST_RESERVED, Math.floor(limit / 8));

/** Closes connections that would take of the reserve; before TLS, which would be work for nothing. */
export function keepReserve(server: Server, limit: number, onRefused: () => void): void {
  const most = limit - reserveOf(limit);
  server.prependListener('connection', (socket: Socket) => {
    if (numberOf(socket) < most) return;
    onRefused();
    socket.destroy();
  });
}

/** Node keeps it there and says so nowhere else. */
function numberOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } };
  return handle?.fd ?? -1;
}
