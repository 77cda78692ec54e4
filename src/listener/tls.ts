/**
 * TLS on the listening port: the certificate for the name that a client asks for, reloaded when its files
 * change. Open connections keep theirs.
 */
import type { Server, TlsOptions } from 'node:tls';
import type { World } from '../assembly/world.ts';
import type { ServerTlsConfig } from '../config/build/config.ts';
import { CertificateSet, readTexts, sourcesOf } from './certificate-set.ts';
import { type FileWatch, watchFiles } from './watch-files.ts';

type TlsWorld = Pick<World, 'clock' | 'log' | 'metrics'>;

export class ListenerTls {
  readonly #config: ServerTlsConfig;
  readonly #world: TlsWorld;
  #set: CertificateSet;
  /** What was refused and logged last. */
  #refused: string | undefined;

  constructor(config: ServerTlsConfig, world: TlsWorld) {
    this.#config = config;
    this.#world = world;
    const texts = sourcesOf(config).map(({ text }) => text);
    this.#set = new CertificateSet(config, texts);
    world.metrics.observeCertificates(this.#set.certificates);
  }

  /** For a server that is about to listen. */
  get serverOptions(): TlsOptions {
    const { client } = this.#config;
    return {
      ...this.#set.options,
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
      requestCert: client !== undefined,
      // Where it is optional, one that does not verify counts as none.
      rejectUnauthorized: client?.isRequired === true,
    };
  }

  /** Hands `server` what changes, for as long as it listens. */
  follow(server: Server): void {
    const files = sourcesOf(this.#config).flatMap(({ file }) => file ?? []);
    let watching: FileWatch | undefined;
    server.once('listening', () => {
      watching = watchFiles(files, this.#world.clock, () => this.#reload(server));
    });
    server.once('close', () => watching?.close());
  }

  /** An exception in here would end the process. */
  #contextFor(name: string): ReturnType<CertificateSet['contextFor']> {
    try {
      return this.#set.contextFor(name);
    } catch (error) {
      this.#world.log.error({ err: error }, 'choosing a certificate');
      return undefined;
    }
  }

  #reload(server: Server): void {
    const { log, metrics } = this.#world;
    try {
      const texts = readTexts(this.#config);
      if (texts.every((text, i) => text === this.#set.texts[i])) {
        this.#refused = undefined;
        return;
      }
      const set = new CertificateSet(this.#config, texts);
      server.setSecureContext(set.options);
      this.#set = set;
    } catch (error) {
      const { message } = error as Error;
      if (message === this.#refused) return;
      this.#refused = message;
      metrics.countTlsReload('rejected');
      log.error({ err: error }, 'new certificates are not used: the previous ones stay');
      return;
    }
    this.#refused = undefined;
    metrics.countTlsReload('applied');
    metrics.observeCertificates(this.#set.certificates);
    const { certificates, unused } = this.#set;
    log.info({ certificates }, 'new certificates');
    if (unused.length > 0)
      log.warn({ unused }, 'certificates outside their validity period are not used');
  }
}
