/** JSON from other services: parsed without keys that could reach a prototype. */
import { GatewayError } from './errors.ts';

const DANGEROUS_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Escapes can spell a dangerous key, so that any backslash calls for the slow way. */
const SUSPICIOUS = /__proto__|constructor|prototype|\\u/;

/**
 * Reads JSON, dropping `__proto__`, `constructor` and `prototype` keys at any depth.
 *
 * @throws GW_UPSTREAM_INVALID when it is not JSON
 */
export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    if (!SUSPICIOUS.test(text)) return JSON.parse(text);
    return JSON.parse(text, (key, value: unknown) => (DANGEROUS_KEYS.has(key) ? undefined : value));
  } catch (error) {
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not JSON', { cause: error });
  }
}
