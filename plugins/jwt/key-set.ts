/**
 * A key set (RFC 7517 §5), and which of its keys may have signed a token.
 *
 * Members that are malformed, private, of an unknown kind or too weak are skipped, without affecting the others.
 */
import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';
import { type Algorithm, isSameAlgorithm, keyFault } from './algorithms.ts';

/** What a token says of its key. */
export interface KeyHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Keys that are tried for one token: a key id need not be unique (§4.5). */
const MAX_TRIED = 4;

type Jwk = Readonly<Record<string, unknown>>;

export class KeySet {
  readonly #members: readonly Member[];

  /** @throws {Error} if it is not a key set */
  constructor(text: string) {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    if (!Array.isArray(keys)) throw new TypeError('it is not a key set');
    this.#members = keys.filter(isJwk).map((jwk) => new Member(jwk));
  }

  /** How many members it has, those that cannot be used too. */
  get size(): number {
    return this.#members.length;
  }

  /** The keys a token may be signed with, as PEM, in the order of the set; the first few of many. */
  find(header: KeyHeader): readonly string[] {
    const pems = new Set<string>();
    for (const member of this.#members) {
      const pem = member.pemFor(header);
      if (pem !== undefined) pems.add(pem);
      if (pems.size === MAX_TRIED) break;
    }
    return [...pems];
  }
}

const isJwk = (value: unknown): value is Jwk =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const PUBLIC_KINDS: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);

class Member {
  readonly #jwk: Jwk;
  /** Made when it is first asked for; `null`: it cannot be. */
  #key: { readonly object: KeyObject; readonly pem: string } | null | undefined;

  constructor(jwk: Jwk) {
    this.#jwk = jwk;
  }

  /** `undefined` where no such token is signed with it. */
  pemFor({ alg, kid }: KeyHeader): string | undefined {
    const { kid: own, alg: named, use, key_ops: uses } = this.#jwk;
    if (kid !== undefined && own !== kid) return undefined;
    if (named !== undefined && !isSameAlgorithm(named, alg)) return undefined;
    if (use !== undefined && use !== 'sig') return undefined;
    if (uses !== undefined && !(Array.isArray(uses) && uses.includes('verify'))) return undefined;
    if (this.#key === undefined) this.#key = importPublic(this.#jwk);
    if (this.#key === null) return undefined;
    return keyFault(this.#key.object, alg as Algorithm) === undefined ? this.#key.pem : undefined;
  }
}

function importPublic(jwk: Jwk): { object: KeyObject; pem: string } | null {
  const { kty, crv, x, y, n, e, d } = jwk;
  // One whose private part is known to all proves nothing.
  if (!PUBLIC_KINDS.has(kty) || d !== undefined) return null;
  try {
    // Node checks what the members are.
    const key = { kty, crv, x, y, n, e } as JsonWebKeyInput['key'];
    const object = createPublicKey({ key, format: 'jwk' });
    return { object, pem: object.export({ type: 'spki', format: 'pem' }) };
  } catch {
    return null;
  }
}
