/**
 * What claims must say (RFC 7519 §4.1), looked at before the signature is: who can be refused for what
 * the token itself says costs no signature and no look-up of keys.
 */
import { type Claims, claimsOf, type Consumer } from 'portico';
import { textsOf } from '../shared/listed-claims.ts';
import type { Issuer } from './settings.ts';
import { refuse, type UnverifiedToken } from './token.ts';

/** Seconds; the last year that a date of ours may have is 9999. */
const LATEST = 253_402_300_799;

/** @throws GW_TOKEN_INVALID; `now` in ms */
export function checkClaims(claims: Claims, { audience, leeway }: Issuer, now: number): void {
  const { sub, jti, aud } = claims;
  const exp = dateOf(claims, 'exp');
  if (exp === undefined) throw refuse('the token has no expiry', 'claims');
  if (exp * 1_000 + leeway < now) throw refuse('the token has expired', 'expired');
  if (isAhead(dateOf(claims, 'nbf'), now + leeway))
    throw refuse('the token is not valid yet', 'not-yet-valid');
  if (isAhead(dateOf(claims, 'iat'), now + leeway)) {
    throw refuse('the token was issued in the future', 'not-yet-valid');
  }
  for (const text of [sub, jti]) {
    if (text !== undefined && typeof text !== 'string') throw refuse('the token is malformed');
  }
  if (aud === undefined && audience === undefined) return;
  const named: readonly unknown[] = [aud].flat();
  if (!named.every((each) => typeof each === 'string')) throw refuse('the token is malformed');
  if (audience !== undefined && ![audience].flat().some((each) => named.includes(each))) {
    throw refuse('the token is for another audience', 'audience');
  }
}

const isAhead = (seconds: number | undefined, now: number): boolean =>
  seconds !== undefined && seconds * 1_000 > now;

function dateOf(claims: Claims, name: string): number | undefined {
  const { [name]: value } = claims;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Math.abs(value) <= LATEST) return value;
  throw refuse(`the token has no valid ${name}`, 'claims');
}

/** Who the token speaks of, which has been verified. */
export function toConsumer(
  issuer: string,
  { claims, payload }: Pick<UnverifiedToken, 'claims' | 'payload'>,
): Consumer {
  const { sub } = claims;
  return {
    id: typeof sub === 'string' ? sub : '',
    via: 'jwt',
    issuer,
    scopes: scopesOf(claims),
    claims: claimsOf(payload, claims),
  };
}

/** `scope` as RFC 8693 §4.2 has it, or `scp` as a list. */
function scopesOf({ scope, scp }: Claims): ReadonlySet<string> {
  const listed = scope ?? scp;
  if (typeof listed === 'string') return new Set(listed.split(' ').filter((each) => each !== ''));
  return textsOf(listed);
}
