/** Finds the token of a request, and reads its contents before they are trusted. */
import type { FastifyRequest } from 'fastify';
import { takeOffered } from './offered-token.ts';
import { type Claims, GatewayError, parseStrictJson, requestSource } from 'portico';

/** No honest token is longer; reading and hashing longer ones is work for nothing. */
const MAX_TOKEN_BYTES = 8_192;

/** No honest token goes deeper. Two members of one name would be two readings (RFC 7519 §4, RFC 7515 §4). */
const RULES = { maxDepth: 32, refuseDangerousKeys: false };

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** RFC 8725 §3.11, RFC 9068 §2.1. */
const TYPES = /^(application\/)?(at\+)?jwt$/i;

export interface UnverifiedToken {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly issuer: string;
  readonly claims: Claims;
  /** The text of the claims: numbers are whole in it. */
  readonly payload: Buffer;
  readonly signature: Uint8Array;
}

/** For requests without credentials (RFC 6750 §3.1). */
export const CHALLENGE = 'Bearer realm="portico"';

/** Why a token is refused, for logs and metrics. */
export type TokenFault =
  | 'malformed'
  | 'claims'
  | 'expired'
  | 'not-yet-valid'
  | 'audience'
  | 'issuer'
  | 'algorithm'
  | 'signature'
  | 'key'
  | 'revoked';

/** RFC 6750 §3: why, and in what words. */
export function refuse(
  detail: string,
  reason: TokenFault = 'malformed',
  cause?: unknown,
): GatewayError {
  const challenge = `${CHALLENGE}, error="invalid_token", error_description="${detail}"`;
  return new GatewayError('GW_TOKEN_INVALID', detail, {
    cause,
    reason: `token-${reason}`,
    headers: { 'www-authenticate': challenge },
  });
}

export function missing(): GatewayError {
  return new GatewayError('GW_TOKEN_MISSING', 'send Authorization: Bearer <token>', {
    headers: { 'www-authenticate': CHALLENGE },
  });
}

/** Where a token may be besides `Authorization`. */
export interface TokenPlaces {
  readonly cookie?: string | undefined;
  /** The subprotocol that a token follows. */
  readonly protocol?: string | undefined;
}

/**
 * The token of a request, from `Authorization`, the subprotocols of a WebSocket or the cookie; `undefined` if
 * there is none. One among the subprotocols is taken out: it must not go on.
 *
 * @throws GW_TOKEN_INVALID for one that cannot be a token
 */
export function findToken(
  request: FastifyRequest,
  { cookie, protocol }: TokenPlaces,
): string | undefined {
  const { authorization } = request.headers;
  const offered = protocol === undefined ? undefined : takeOffered(request.raw.headers, protocol);
  const token =
    authorization === undefined
      ? (offered ?? (cookie && requestSource(`cookie:${cookie}`)(request)))
      : bearers.tokenOf(authorization);
  if (token === undefined || token === '') return undefined;
  if (token.length > MAX_TOKEN_BYTES) throw refuse('the token is too long');
  return token;
}

/** Slots of the table; a power of two. */
const SLOTS = 1_024;
/** Longer fields are read anew. */
const MOST_CHARACTERS = 2_048;

interface Bearer {
  readonly field: string;
  readonly token: string | undefined;
}

/**
 * The tokens of fields that came lately. A token that comes again is then the same text, whose hash V8 knows: to
 * compare two fields takes a tenth of the time of hashing one.
 */
class Bearers {
  readonly #slots: (Bearer | undefined)[] = Array.from({ length: SLOTS });

  /** @throws GW_TOKEN_INVALID where the field is malformed */
  tokenOf(field: string): string | undefined {
    const at = slotOf(field);
    const known = this.#slots[at];
    if (known !== undefined && known.field === field) return known.token;
    const token = bearer(field);
    if (field.length <= MOST_CHARACTERS) this.#slots[at] = { field, token };
    return token;
  }
}

const bearers = new Bearers();

/** By characters of the signature, which are as good as random; the last one of all has few values. */
const slotOf = (field: string): number =>
  (field.charCodeAt(field.length - 2) & 31) | ((field.charCodeAt(field.length - 3) & 31) << 5);

/** Another scheme is not a token for this plugin. */
function bearer(authorization: string): string | undefined {
  // The usual spelling; anything that is not a token fails the look-up.
  if (authorization.startsWith('Bearer ')) {
    const token = authorization.slice('Bearer '.length);
    if (token !== '' && !token.includes(' ')) return token;
  }
  const match = /^Bearer +(\S+)$/i.exec(authorization);
  if (match === null && /^Bearer\b/i.test(authorization)) throw refuse('the header is malformed');
  return match?.[1];
}

/**
 * What the token claims of itself: enough to choose a key, and nothing to be believed.
 *
 * @throws GW_TOKEN_INVALID for an unsupported JWS: other types, critical extensions (RFC 7515
 *   §4.1.11), several spellings or several readings of one token
 */
export function peek(token: string): UnverifiedToken {
  if (!COMPACT.test(token)) throw refuse('the token is malformed');
  const [head = '', body = '', signature = ''] = token.split('.');
  const { alg, kid, typ, crit, b64 } = parseObject(decode(head));
  const payload = decode(body);
  const claims = parseObject(payload);
  if (typeof alg !== 'string') throw refuse('the token names no algorithm', 'algorithm');
  if (crit !== undefined || b64 !== undefined) {
    throw refuse('the token needs an extension that is not supported');
  }
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.test(typ))) {
    throw refuse('the token has another type');
  }
  if (!isKeyId(kid)) throw refuse('the key id of the token is malformed');
  if (typeof claims['iss'] !== 'string') throw refuse('the token names no issuer', 'issuer');
  return { alg, kid, issuer: claims['iss'], claims, payload, signature: decode(signature) };
}

/** Printable, and no longer than honest ones; it is compared, and never part of a path or a query. */
const isKeyId = (kid: unknown): kid is string | undefined =>
  kid === undefined || (typeof kid === 'string' && /^[\x20-\x7e]{1,256}$/.test(kid));

function parseObject(bytes: Buffer): Claims {
  try {
    const value = parseStrictJson(bytes, RULES);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw refuse('the token is malformed', 'malformed', error);
  }
  throw refuse('the token is malformed');
}

/** One token, one spelling: stray bits at the end of a part would make it several. */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw refuse('the token is malformed');
  return bytes;
}
