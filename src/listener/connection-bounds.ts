/**
 * Bounds how many connections there are, on all listeners together: in total, and of one address, so that one
 * client cannot take them all.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ServerConfig } from '../config/build/config.ts';
import { AddressSet } from '../config/schema/address-range.ts';
import { addressOf } from '../edge/peer.ts';
import { networkOf } from '../edge/source.ts';

type Bounds = Pick<ServerConfig, 'limits' | 'trustedProxies' | 'listeners'>;

export class ConnectionBounds {
  readonly #onRefused: (limit: 'connections' | 'address') => void;
  /** One listener counts for itself: Node does, before it makes anything of a connection. */
  readonly #countsTotal: boolean;
  readonly #held = new Map<string, number>();
  #most: number;
  #mostPerAddress: number | undefined;
  /** Addresses that may hold any number: proxies connect for many clients. */
  #exempt: AddressSet;
  #total = 0;

  constructor(config: Bounds, onRefused: (limit: 'connections' | 'address') => void) {
    this.#onRefused = onRefused;
    this.#countsTotal = config.listeners.length > 1;
    this.#most = config.limits.connections;
    this.#mostPerAddress = config.limits.connectionsPerAddress;
    this.#exempt = new AddressSet(config.trustedProxies);
  }

  /** For connections that open from now on. */
  apply({ limits, trustedProxies }: Bounds): void {
    this.#most = limits.connections;
    this.#mostPerAddress = limits.connectionsPerAddress;
    this.#exempt = new AddressSet(trustedProxies);
  }

  /** Closes connections to `server` if there are too many. */
  guardTotal(server: Server): void {
    if (!this.#countsTotal) return;
    server.prependListener('connection', (socket: Socket) => {
      if (this.#total >= this.#most) {
        this.#refuse(socket, 'connections');
        return;
      }
      this.#total += 1;
      socket.once('close', () => (this.#total -= 1));
    });
  }

  /** Closes connections of an address that has too many; before TLS, to save its work. */
  guardAddresses(server: Server): void {
    server.prependListener('connection', (socket: Socket) => this.#boundAddress(socket));
  }

  #boundAddress(socket: Socket): void {
    if (socket.destroyed) return;
    const address = addressOf(socket);
    if (this.#exempt.has(address)) return;
    const network = networkOf(address);
    const count = this.#held.get(network) ?? 0;
    if (this.#mostPerAddress !== undefined && count >= this.#mostPerAddress) {
      this.#refuse(socket, 'address');
      return;
    }
    this.#held.set(network, count + 1);
    socket.once('close', () => {
      const left = this.#held.get(network)! - 1;
      if (left > 0) this.#held.set(network, left);
      else this.#held.delete(network);
    });
  }

  #refuse(socket: Socket, limit: 'connections' | 'address'): void {
    this.#onRefused(limit);
    socket.destroy();
  }
}
