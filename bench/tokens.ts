/** The issuer that `portico-all` trusts: an ES256 key, its JWKS on loopback, and tokens. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from './serve.ts';

export interface Issuer {
  readonly url: string;
  /** One for each of `count` consumers, good for an hour. */
  tokens(count: number): string[];
}

const KEY_ID = 'bench-1';
const LIFETIME_S = 3_600;

/** Serves until the process ends. */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' };
  const set = JSON.stringify({ keys: [key] });
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' });
    response.end(set);
  });
  const url = await listen(server);
  return {
    url,
    tokens: (count) => Array.from({ length: count }, (_, i) => token(url, `user-${i}`, privateKey)),
  };
}

/** RFC 7515 §7.1. */
function token(issuer: string, subject: string, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1_000);
  const header = { alg: 'ES256', typ: 'JWT', kid: KEY_ID };
  const claims = {
    iss: issuer,
    sub: subject,
    aud: 'bench',
    iat: now,
    exp: now + LIFETIME_S,
    scope: 'orders:read orders:write profile',
  };
  const text = [header, claims].map(encode).join('.');
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
