/** Keys of issuers: one that is written down, or a set that is fetched. */
import { KeyObject } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import { GatewayError } from 'portico';
import type { Issuer } from './settings.ts';

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
}

export function keysOf({ jwks, key, secret }: Issuer): Keys {
  if (jwks !== undefined) return new RemoteKeys(jwks);
  const only = (key ?? secret)!;
  return { epoch: 0, find: async () => only };
}

/** Fetched when it is first needed; again for an unknown key, at most every few seconds. */
class RemoteKeys implements Keys {
  readonly #set: ReturnType<typeof createRemoteJWKSet>;
  readonly #pems = new WeakMap<object, string>();
  #text = '';
  #epoch = 0;

  constructor(url: string) {
    this.#set = createRemoteJWKSet(new URL(url), {
      timeoutDuration: 2_000,
      cooldownDuration: 5_000,
      cacheMaxAge: 600_000,
      [customFetch]: async (...request: Parameters<typeof fetch>) => {
        const response = await fetch(...request);
        await this.#noticeChange(response.clone());
        return response;
      },
    });
  }

  get epoch(): number {
    return this.#epoch;
  }

  async find(header: KeyHeader): Promise<string> {
    try {
      const key = await this.#set({ ...header });
      return this.#pem(key);
    } catch (error) {
      if (
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys
      ) {
        throw new GatewayError('GW_TOKEN_INVALID', 'no such key', { cause: error });
      }
      const detail = 'the keys of the token issuer can not be had';
      throw new GatewayError('GW_DEPENDENCY_DOWN', detail, { cause: error, retryAfterMs: 1_000 });
    }
  }

  /** The same text for the same key: a verifier is made once for each. */
  #pem(key: CryptoKey): string {
    let pem = this.#pems.get(key);
    if (pem === undefined) {
      pem = KeyObject.from(key).export({ type: 'spki', format: 'pem' });
      this.#pems.set(key, pem);
    }
    return pem;
  }

  async #noticeChange(response: Response): Promise<void> {
    if (!response.ok) return;
    const text = await response.text();
    if (text !== this.#text) this.#epoch += 1;
    this.#text = text;
  }
}
