/** Reads `Idempotency-Key`: a string of RFC 8941 §3.3.3, or, as most clients send it, the bare text. */
import { GatewayError } from '../core/errors.ts';

const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const BARE = /^[\x21\x23-\x7e]+$/;
const MAX_LENGTH = 255;

/**
 * The key; `undefined` if there is none.
 *
 * @throws GW_IDEMPOTENCY_KEY for anything that is no key
 */
export function idempotencyKey(field: string | readonly string[] | undefined): string | undefined {
  if (field === undefined) return undefined;
  const text = typeof field === 'string' ? field.trim() : field.join(',');
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const key = quoted ?? (BARE.test(text) ? text : '');
  if (key.length >= 1 && key.length <= MAX_LENGTH) return key;
  throw new GatewayError(
    'GW_IDEMPOTENCY_KEY',
    `Idempotency-Key must be one text of 1 to ${MAX_LENGTH} visible ASCII characters`,
  );
}
