/** Bounds how many connections one address may hold, so that one client cannot take them all. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressSet } from '../config/schema/address-range.ts';
import { addressOf } from '../edge/peer.ts';
import { networkOf } from '../edge/source.ts';

export interface AddressBounds {
  /** Connections that one address may hold; `undefined`: any number. */
  readonly most: number | undefined;
  /** Addresses that may hold any number: proxies connect for many clients. */
  readonly exempt: AddressSet;
}

/**
 * Closes connections of an address that already holds as many as `bounds` allows at that time; before TLS, to
 * save its work.
 */
export function boundAddresses(
  server: Server,
  bounds: () => AddressBounds,
  onRefused: () => void,
): void {
  const held = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const { most, exempt } = bounds();
    const address = addressOf(socket);
    if (exempt.has(address)) return;
    const network = networkOf(address);
    const count = held.get(network) ?? 0;
    if (most !== undefined && count >= most) {
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
