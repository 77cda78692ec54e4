/** Keys of issuers: one that is written down, or a set that is fetched. */
import { hash, KeyObject } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { GatewayError, type PluginHost } from 'portico';
import { type Algorithm, keyFault } from './algorithms.ts';
import { KeySetSource } from './key-set-source.ts';
import type { Issuer } from './settings.ts';
import { refuse } from './token.ts';

export interface KeyHeader {
  readonly alg: string;
  readonly kid?: string;
}

export interface Keys {
  /**
   * The key a token says it is signed with, as PEM or secret.
   *
   * @throws GW_TOKEN_INVALID for a key nobody knows; GW_DEPENDENCY_DOWN when the set can not be had
   */
  find(header: KeyHeader): Promise<string>;
  /** Grows when the set has changed: what was verified by an older one is verified again. */
  readonly epoch: number;
  /** There are keys; rejects when there are none for long. */
  ready(): Promise<void>;
  close(): void;
}

/** The keys of the issuer that the config calls `name`. */
export function keysOf(name: string, issuer: Issuer, host: PluginHost): Keys {
  const { jwks, key, secret } = issuer;
  if (jwks !== undefined) return new RemoteKeys(name, { ...issuer, jwks }, host);
  const only = (key ?? secret)!;
  const ready = (): Promise<void> => Promise.resolve();
  return { epoch: 0, find: () => Promise.resolve(only), ready, close: () => undefined };
}

/** Where the keys are from: equal for issuers that have the same ones. */
export const keySourceOf = ({ jwks, refresh, key, secret }: Issuer): readonly unknown[] =>
  jwks === undefined ? [hash('sha256', (key ?? secret)!)] : [jwks, refresh];

/** Tokens that may wait at once for the set to be fetched; the next one is answered 503. */
const MAX_WAITING = 256;

type FindKey = ReturnType<typeof createLocalJWKSet>;

class RemoteKeys implements Keys {
  readonly #source: KeySetSource;
  readonly #pems = new WeakMap<object, string>();
  #findKey: FindKey | undefined;
  #text = '';
  #epoch = 0;
  #waiting = 0;

  constructor(name: string, { jwks, refresh }: Issuer & { jwks: string }, host: PluginHost) {
    this.#source = new KeySetSource({
      name,
      url: jwks,
      refreshMs: refresh,
      host,
      use: (text) => this.#use(text),
    });
  }

  get epoch(): number {
    return this.#epoch;
  }

  ready(): Promise<void> {
    return this.#source.ready();
  }

  close(): void {
    this.#source.close();
  }

  async find(header: KeyHeader): Promise<string> {
    if (this.#findKey === undefined) await this.#waitFor(() => this.#source.next());
    const known = await this.#lookUp(header);
    if (known !== undefined) return known;
    // The issuer may have changed its keys: no token is refused before the newest set was seen.
    await this.#waitFor(() => this.#source.since(performance.now()));
    const found = await this.#lookUp(header);
    if (found !== undefined) return found;
    throw this.#source.isDown ? keysAreOut() : refuse('no such key');
  }

  async #waitFor(fetched: () => Promise<void>): Promise<void> {
    if (this.#waiting >= MAX_WAITING) throw keysAreOut();
    this.#waiting += 1;
    try {
      await fetched();
    } finally {
      this.#waiting -= 1;
    }
  }

  async #lookUp(header: KeyHeader): Promise<string | undefined> {
    if (this.#findKey === undefined) throw keysAreOut();
    try {
      return this.#pem(await this.#findKey({ ...header }), header.alg);
    } catch {
      // None of that id, several without one, or one that can not be read: none to verify with.
      return undefined;
    }
  }

  /** The same text for the same key: a verifier is made once for each. */
  #pem(key: CryptoKey, algorithm: string): string | undefined {
    let pem = this.#pems.get(key);
    if (pem === undefined) {
      const object = KeyObject.from(key);
      if (keyFault(object, algorithm as Algorithm) !== undefined) return undefined;
      pem = object.export({ type: 'spki', format: 'pem' });
      this.#pems.set(key, pem);
    }
    return pem;
  }

  /** @throws for what is no key set: the one before stays */
  #use(text: string): void {
    if (text === this.#text) return;
    this.#findKey = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
    this.#text = text;
    this.#epoch += 1;
  }
}

/** Whether the token is good can not be told now. */
export function keysAreOut(): GatewayError {
  const detail = 'the keys of the token issuer can not be had';
  return new GatewayError('GW_DEPENDENCY_DOWN', detail, { retryAfterMs: 1_000 });
}
