/**
 * TLS on a listener: the certificate for the name that a client asks for, reloaded when its files
 * change. Open connections keep theirs.
 */
import type { Server, TlsOptions } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { World } from '../assembly/world.ts';
import type { ServerTlsConfig } from '../config/build/config.ts';
import { type Certificate, CertificateSet, readTexts, sourcesOf } from './certificate-set.ts';
import { type FileWatch, watchFiles } from './watch-files.ts';

type TlsWorld = Pick<World, 'clock' | 'log' | 'metrics'>;

export class ListenerTls {
  #config: ServerTlsConfig;
  readonly #world: TlsWorld;
  #set: CertificateSet;
  #watching: FileWatch | undefined;
  /** What was refused and logged last. */
  #refused: string | undefined;

  constructor(config: ServerTlsConfig, world: TlsWorld) {
    this.#config = config;
    this.#world = world;
    const texts = sourcesOf(config).map(({ text }) => text);
    this.#set = new CertificateSet(config, texts);
    world.metrics.config.observeCertificates(this, this.#set.certificates);
  }

  /** In use, and those that are out of their time. */
  get certificates(): readonly Certificate[] {
    return this.#set.certificates;
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
    server.once('listening', () => this.#watch(server));
    server.once('close', () => this.#watching?.close());
  }

  /**
   * Reads the certificates of `config`.
   *
   * @returns uses what it says, for connections that open from then on
   * @throws {RangeError} when its certificates cannot be used
   */
  prepare(config: ServerTlsConfig, server: Server): () => void {
    const texts = readTexts(config);
    const isSame =
      isDeepStrictEqual({ ...config, certificates: [] }, { ...this.#config, certificates: [] }) &&
      isDeepStrictEqual(texts, this.#set.texts);
    const set = isSame ? undefined : new CertificateSet(config, texts);
    return () => {
      if (set !== undefined) this.#use(set, config, server);
      this.#config = config;
      if (this.#watching !== undefined) this.#watch(server);
    };
  }

  #watch(server: Server): void {
    this.#watching?.close();
    const files = sourcesOf(this.#config).flatMap(({ file }) => file ?? []);
    this.#watching = watchFiles(files, this.#world.clock, () => this.#reload(server));
  }

  #use(set: CertificateSet, { client }: ServerTlsConfig, server: Server): void {
    server.setSecureContext(set.options);
    // Node reads them from the server for each connection; its types do not show them.
    Object.assign(server, {
      requestCert: client !== undefined,
      rejectUnauthorized: client?.isRequired === true,
    });
    this.#set = set;
    const { metrics, log } = this.#world;
    metrics.config.observeCertificates(this, set.certificates);
    const { certificates, unused } = set;
    log.info({ certificates }, 'new certificates');
    if (unused.length > 0)
      log.warn({ unused }, 'certificates outside their validity period are not used');
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
      this.#use(new CertificateSet(this.#config, texts), this.#config, server);
    } catch (error) {
      const { message } = error as Error;
      if (message === this.#refused) return;
      this.#refused = message;
      metrics.config.countTlsReload('rejected');
      log.error({ err: error }, 'new certificates are not used: the previous ones stay');
      return;
    }
    this.#refused = undefined;
    metrics.config.countTlsReload('applied');
  }
}
