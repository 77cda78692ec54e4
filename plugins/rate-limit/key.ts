/** The key under which a limit counts a request. */
import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { requestSource } from 'portico';

/** Longer ones count by their hash: what a client may choose must not fill the memory. */
const KEY_CHARACTERS = 64;

/** Keys of all limits that are kept; past them they are joined anew. */
const MOST_JOINED = 10_000;

export type KeyOf = (request: FastifyRequest) => string;

/**
 * Joins the name of a limit with that of a client. The keys of clients that come again are kept: V8 hashes a text that was
 * joined just now from its first character to its last, and one that it has seen not at all.
 */
export class JoinedKeys {
  /** By the name of the limit, then by that of the client. */
  readonly #known = new Map<string, Map<string, string>>();
  #size = 0;

  /** Of one limit of a route. Counts of all limits are kept together: a key names both. */
  of(route: string, by: string, limit: string): KeyOf {
    const own = requestSource(by);
    const address = requestSource('address');
    const name = `${route} ${by} ${limit} `;
    const known = this.#known.get(name) ?? new Map<string, string>();
    this.#known.set(name, known);
    return (request) => {
      const key = own(request);
      // Leaving out the header must not escape the limit, nor may a client send another one's key.
      if (key === undefined) return `${name}-${address(request)}`;
      return known.get(key) ?? this.#keep(known, key, `${name}=${short(key)}`);
    };
  }

  #keep(known: Map<string, string>, key: string, joined: string): string {
    if (key.length > KEY_CHARACTERS) return joined;
    if (this.#size >= MOST_JOINED) {
      for (const each of this.#known.values()) each.clear();
      this.#size = 0;
    }
    known.set(key, joined);
    this.#size += 1;
    return joined;
  }
}

const short = (key: string): string =>
  key.length > KEY_CHARACTERS ? hash('sha256', key, 'base64url') : key;
