/**
 * Tells operators what a token would get, and why. What it says of itself is told as far as it decides;
 * the token never is.
 */
import type { FastifyRequest } from 'fastify';
import { type Claims, type HookExplanation, isGatewayError } from 'portico';
import { peek } from './token.ts';
import type { TokenVerifier } from './verifier.ts';

export interface TokenQuestion {
  readonly token: string;
  /** Names of issuers. */
  readonly allowed: readonly string[];
  /** Keys that are not there may be fetched. */
  readonly fetches: boolean;
}

/** Sets `request.consumer` if the token is valid. */
export async function explainToken(
  verifier: TokenVerifier,
  request: FastifyRequest,
  { token, allowed, fetches }: TokenQuestion,
): Promise<HookExplanation> {
  try {
    const consumer = await verifier.look(request, token, allowed, fetches);
    if (consumer === undefined) {
      const why = fetches ? 'could not be fetched' : 'would have to be fetched';
      return { says: `the keys of its issuer ${why}; ${sayToken(token)}`, isCertain: false };
    }
    request.consumer = consumer;
    const { issuer = '', id } = consumer;
    return {
      says: `valid: it is that of ${shown(id)}, by the issuer ${issuer}; ${sayToken(token)}`,
    };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const says = [error.message, sayToken(token)].filter((text) => text !== '').join('; ');
    return { says, refusal: error };
  }
}

/** What decides about it, by what it says of itself. */
function sayToken(token: string): string {
  try {
    const { issuer, kid, alg, claims } = peek(token);
    const key = kid === undefined ? 'names no key' : `names the key ${shown(kid)}`;
    return [
      `it names the issuer ${shown(issuer)}`,
      `${key} for ${shown(alg)}`,
      ...sayAudience(claims),
      ...sayExpiry(claims, Date.now()),
    ].join(', ');
  } catch {
    return '';
  }
}

const sayAudience = ({ aud }: Claims): string[] =>
  aud === undefined ? [] : [`is for ${[aud].flat().slice(0, MOST_SHOWN).map(shown).join(', ')}`];

function sayExpiry({ exp }: Claims, now: number): string[] {
  if (typeof exp !== 'number') return [];
  const seconds = Math.round(exp - now / 1_000);
  return [seconds >= 0 ? `expires in ${seconds} s` : `expired ${-seconds} s ago`];
}

const MOST_SHOWN = 5;
const MOST_CHARACTERS = 200;

/** A claim, so that it cannot be taken for our words. */
function shown(claim: unknown): string {
  const text = JSON.stringify(claim) ?? '';
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
