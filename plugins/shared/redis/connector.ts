/** Connects the client to its Redis like its own connector, except that the gateway resolves the name. */
import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';

/** For the client's option `Connector`. */
export const connectorWith = (
  lookup: LookupFunction,
): new (options: unknown) => AbstractConnector =>
  class extends AbstractConnector {
    readonly #options: RedisOptions;

    constructor(options: unknown) {
      // The client hands over its own.
      const own = options as RedisOptions;
      super(own.disconnectTimeout ?? 2_000);
      this.#options = own;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      await Promise.resolve();
      if (!this.connecting) throw new Error('Connection is closed.');
      const { path, host = 'localhost', port = 6_379, tls } = this.#options;
      const place = path === undefined ? { host, port, lookup } : { path };
      const stream = tls === undefined ? connectPlain(place) : connectSecure({ ...place, ...tls });
      this.stream = stream;
      stream.once('error', (error) => (this.firstError = error));
      return stream;
    }
  };
