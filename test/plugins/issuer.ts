/** A real issuer of tokens on a free port: a key set by HTTP, which may change or go away. */
import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { startUpstream } from '../gateway/support/upstream.ts';

export type Json = Readonly<Record<string, unknown>>;

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function newKey(kid: string): Key {
  return { kid, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

export const now = (): number => Math.floor(Date.now() / 1_000);

/** A token signed with HMAC. */
export function hmacToken(secret: string, claims: unknown, header: Json = {}): string {
  const signed = `${part({ alg: 'HS256', typ: 'JWT', ...header })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

export class Issuer {
  readonly issuer: string;
  /** Requests for the key set. */
  hits = 0;
  isDown = false;
  /** In place of the key set. */
  answer: string | undefined;
  /** The key before the present one stays in the set. */
  keepsOld = false;
  #key = newKey('key-1');
  #old: Key | undefined;
  #next: Key | undefined;
  #count = 1;

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  /** A good token, unless `claims` or `header` say otherwise; `undefined` leaves a claim out. */
  sign(claims: Json = {}, header: Json = {}): string {
    const all = { iss: this.issuer, aud: 'shop', sub: 'u1', exp: now() + 300, ...claims };
    return this.signText(JSON.stringify(all), header);
  }

  /** For claims that `JSON.stringify` would not write. */
  signText(claims: string, header: Json = {}): string {
    const head = { alg: 'ES256', typ: 'JWT', kid: this.#key.kid, ...header };
    const signed = `${part(head)}.${part(claims)}`;
    const signature = signBytes('sha256', Buffer.from(signed), {
      key: this.#key.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Another key in place of the present one. */
  rotate(): void {
    this.#old = this.keepsOld ? this.#key : undefined;
    this.#key = this.#next ?? this.#another();
    this.#next = undefined;
  }

  /** The key that the next rotation brings is in the set from now on. */
  announce(): void {
    this.#next = this.#another();
  }

  #another(): Key {
    this.#count += 1;
    return newKey(`key-${this.#count}`);
  }

  get publicPem(): string {
    return this.#key.publicKey.export({ type: 'spki', format: 'pem' });
  }

  get keySet(): { readonly keys: readonly unknown[] } {
    const keys = [this.#key, this.#old, this.#next].filter((key) => key !== undefined);
    return {
      keys: keys.map(({ publicKey, kid }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid,
        alg: 'ES256',
        use: 'sig',
      })),
    };
  }
}

export async function startIssuer(issuer = 'https://issuer.example'): Promise<{
  readonly issuer: Issuer;
  readonly jwks: string;
}> {
  const own = new Issuer(issuer);
  const origin = await startUpstream((_request, response) => {
    own.hits += 1;
    if (own.isDown) response.writeHead(500).end();
    else
      response
        .setHeader('content-type', 'application/json')
        .end(own.answer ?? JSON.stringify(own.keySet));
  });
  return { issuer: own, jwks: `${origin}/.well-known/jwks.json` };
}
