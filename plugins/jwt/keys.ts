/** Keys of issuers: one from the config, or a set that is fetched. */
import { hash } from 'node:crypto';
import { GatewayError, type PluginHost, type PluginState } from 'portico';
import { type KeyHeader, KeySet } from './key-set.ts';
import { KeySetSource } from './key-set-source.ts';
import type { Issuer } from './settings.ts';
import { refuse } from './token.ts';
import { UnknownKeys } from './unknown-keys.ts';

export interface Keys {
  /**
   * The keys a token may be signed with, by what it says of itself, as PEM or secret; a few at most.
   *
   * @throws GW_TOKEN_INVALID for an unknown key; GW_DEPENDENCY_DOWN when the set cannot be fetched
   */
  find(header: KeyHeader): Promise<readonly string[]>;
  /**
   * The same of the keys at hand: nobody is asked. `undefined`: they would have to be fetched, for the first
   * time or again.
   *
   * @throws GW_TOKEN_INVALID for a key that is known not to exist
   */
  held(header: KeyHeader): readonly string[] | undefined;
  /** Fetches them; resolves to false where that fails. */
  fetch(): Promise<boolean>;
  /** Grows when the set has changed: what was verified by an older one is verified again. */
  readonly epoch: number;
  /** There are keys; rejects when there are none for long. */
  ready(): Promise<void>;
  /** For `/status`; `undefined`: they are in the config. */
  state(): PluginState | undefined;
  close(): void;
}

/** The keys of the issuer that the config calls `name`. */
export function keysOf(name: string, issuer: Issuer, host: PluginHost): Keys {
  const { jwks, key, secret } = issuer;
  if (jwks !== undefined) return new RemoteKeys(name, { ...issuer, jwks }, host);
  const only = (key ?? secret)!;
  const ready = (): Promise<void> => Promise.resolve();
  return {
    epoch: 0,
    find: () => Promise.resolve([only]),
    held: () => [only],
    fetch: () => Promise.resolve(true),
    ready,
    state: () => undefined,
    close: () => undefined,
  };
}

/** Where the keys are from: equal for issuers that have the same ones. */
export const keySourceOf = ({ jwks, refresh, key, secret }: Issuer): readonly unknown[] =>
  jwks === undefined ? [hash('sha256', (key ?? secret)!)] : [jwks, refresh];

/** Tokens that may wait at once for the set to be fetched; the next one is answered 503. */
const MAX_WAITING = 256;

class RemoteKeys implements Keys {
  readonly #source: KeySetSource;
  readonly #unknown = new UnknownKeys();
  #set: KeySet | undefined;
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

  state(): PluginState {
    return this.#source.state({ keys: this.#set?.size ?? 0 });
  }

  close(): void {
    this.#source.close();
  }

  async find(header: KeyHeader): Promise<readonly string[]> {
    const askedAt = performance.now();
    if (this.#set === undefined) await this.#waitFor(() => this.#source.next());
    const known = this.#lookUp(header);
    if (known.length > 0) return known;
    if (this.#unknown.isPaused(performance.now())) throw this.#absent();
    // The issuer may have changed its keys: no token is refused before the newest set was seen.
    await this.#waitFor(() => this.#source.since(askedAt));
    const found = this.#lookUp(header);
    if (found.length > 0) {
      this.#unknown.found();
      return found;
    }
    // A failed fetch proves nothing about the key.
    if (!this.#source.isDown) this.#unknown.missed(this.#source.startedAt, performance.now());
    throw this.#absent();
  }

  held(header: KeyHeader): readonly string[] | undefined {
    const known = this.#set?.find(header) ?? [];
    if (known.length > 0) return known;
    if (this.#unknown.isPaused(performance.now())) throw this.#absent();
    return undefined;
  }

  async fetch(): Promise<boolean> {
    await this.#source.next();
    return !this.#source.isDown;
  }

  #absent(): GatewayError {
    return this.#source.isDown ? keysAreOut() : refuse('no such key', 'key');
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

  #lookUp(header: KeyHeader): readonly string[] {
    if (this.#set === undefined) throw keysAreOut();
    return this.#set.find(header);
  }

  /** @throws if it is not a key set: the previous one stays */
  #use(text: string): void {
    if (text === this.#text) return;
    this.#set = new KeySet(text);
    this.#text = text;
    this.#epoch += 1;
  }
}

/** Whether the token is valid cannot be decided now. */
export function keysAreOut(): GatewayError {
  const detail = 'the keys of the token issuer cannot be fetched';
  return new GatewayError('GW_DEPENDENCY_DOWN', detail, { retryAfterMs: 1_000 });
}
