/** All places where a gateway listens: they open, change and drain together. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RequestHandler } from '../assembly/admission.ts';
import type { ListenerStatus } from '../admin/page-data.ts';
import type { World } from '../assembly/world.ts';
import type { ListenerConfig, ServerConfig } from '../config/build/config.ts';
import { socketOrigin } from '../core/socket-path.ts';
import type { Certificate } from './certificate-set.ts';
import { ConnectionBounds } from './connection-bounds.ts';
import { createHttpServer, type GatewayHttpServer } from './http-server.ts';
import { listenOnSocket } from './unix-socket.ts';

/** What a request is handed to that came through a listener. */
export type HandlerOf = (listener: ListenerConfig) => RequestHandler;

interface Listener {
  /** As it was opened. */
  readonly config: ListenerConfig;
  readonly http: GatewayHttpServer;
  handle: RequestHandler;
}

export interface ListenersOptions {
  readonly server: ServerConfig;
  readonly world: World;
  readonly handlerOf: HandlerOf;
  /** May any route open a WebSocket now? */
  readonly opensSockets: () => boolean;
}

export class Listeners {
  readonly #bounds: ConnectionBounds;
  readonly #all: readonly Listener[];

  /** @throws {CertificatesUnusable} when the certificates of a listener cannot be used */
  constructor(options: ListenersOptions) {
    const { server, world } = options;
    this.#bounds = new ConnectionBounds(server, (limit) =>
      world.metrics.countRefusedConnection(limit),
    );
    this.#all = server.listeners.map((config) => this.#create(config, options));
  }

  #create(
    config: ListenerConfig,
    { server: { limits }, world, handlerOf, opensSockets }: ListenersOptions,
  ): Listener {
    const bounds = this.#bounds;
    const listener: { handle: RequestHandler } = { handle: handlerOf(config) };
    const handler: RequestHandler = (request, response) => listener.handle(request, response);
    try {
      const http = createHttpServer({
        listener: config,
        limits,
        bounds,
        world,
        handler,
        opensSockets,
      });
      return Object.assign(listener, { config, http });
    } catch (error) {
      if (config.tls === undefined || !(error instanceof Error)) throw error;
      throw new CertificatesUnusable(config, error);
    }
  }

  /**
   * Opens all of them, one after the other.
   *
   * @throws {Error} why one cannot be opened; those before it are open
   */
  async listen(): Promise<void> {
    for (const { config, http } of this.#all) await open(config, http);
  }

  /** Those that are open, in the order of the config; those that only redirect come last. */
  get open(): readonly ListenerStatus[] {
    const [redirecting, serving] = [true, false].map((is) =>
      this.#all.filter(({ config }) => (config.redirectHttps !== undefined) === is),
    ) as [Listener[], Listener[]];
    return [...serving, ...redirecting].flatMap(({ config, http: { server } }) => {
      const address = server.address();
      return address === null ? [] : [{ name: config.name, url: urlOf(config, address) }];
    });
  }

  /** @throws {RangeError} when there is no such listener */
  accept(socket: Duplex, name: string): void {
    const listener = this.#all.find(({ config }) => config.name === name);
    if (listener === undefined) throw new RangeError(`there is no listener "${name}"`);
    listener.http.server.emit('connection', socket);
  }

  /** How many clients are connected; those whose TLS handshake has not ended do not count. */
  get connections(): number {
    return this.#all.reduce((sum, { http }) => sum + http.connections(), 0);
  }

  get certificates(): readonly Certificate[] {
    return this.#all.flatMap(({ http }) => http.certificates());
  }

  /**
   * Uses what `server` says from now on, as far as that needs no new socket. In one turn: no request sees half.
   *
   * @throws {RangeError} when certificates cannot be used; then nothing changes
   */
  apply(server: ServerConfig, handlerOf: HandlerOf): void {
    const changes = this.#all.map((listener) => {
      const { config: opened, http } = listener;
      // One that is gone from the config stays until a restart.
      const changed = server.listeners.find(({ name }) => name === opened.name) ?? opened;
      const apply = http.prepare(changed, server.limits);
      return () => {
        apply();
        listener.handle = handlerOf(changed);
      };
    });
    this.#bounds.apply(server);
    for (const change of changes) change();
  }

  /** Stops accepting everywhere and waits up to `graceMs`; says whether everybody finished by then. */
  async close(graceMs: number): Promise<boolean> {
    const drained = await Promise.all(this.#all.map(({ http }) => http.close(graceMs)));
    return drained.every(Boolean);
  }
}

/** They passed their checks, and TLS refuses them all the same. */
export class CertificatesUnusable extends Error {
  override readonly name = 'CertificatesUnusable';
  readonly listener: ListenerConfig;

  constructor(listener: ListenerConfig, cause: Error) {
    super(`cannot be used: ${cause.message}`, { cause });
    this.listener = listener;
  }
}

async function open({ address }: ListenerConfig, { server }: GatewayHttpServer): Promise<void> {
  if ('socket' in address) {
    await listenOnSocket(server, address);
    return;
  }
  server.listen(address.port, address.host);
  await once(server, 'listening');
}

function urlOf({ tls }: ListenerConfig, address: AddressInfo | string): string {
  if (typeof address === 'string') return socketOrigin(address);
  const host = ['0.0.0.0', '::'].includes(address.address) ? '127.0.0.1' : address.address;
  const scheme = tls === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}
