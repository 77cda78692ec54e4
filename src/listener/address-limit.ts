/** Bounds how many connections one address may hold, so that one client cannot take them all. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressSet } from '../config/schema/address-range.ts';
import { addressOf } from '../edge/peer.ts';
import { networkOf } from '../edge/source.ts';

/**
 * Closes connections of an address that holds `most` already; before TLS, which would be work for
 * nothing. Those of `exempt` may hold any number: proxies speak for many.
 */
export function boundAddresses(
  server: Server,
  most: number,
  exempt: AddressSet,
  onRefused: () => void,
): void {
  const held = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const address = addressOf(socket);
    if (exempt.has(address)) return;
    const network = networkOf(address);
    const count = held.get(network) ?? 0;
    if (count >= most) {
      onRefused();
      socket.destroy();
      return;
    }
    held.set(network, count + 1);
    socket.once('close', () => {
      const left = held.get(network)! - 1;
      if (left > 0) held.set(network, left);
      else held.delete(network);
    });
  });
}
