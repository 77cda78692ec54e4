/**
 * Claims of a consumer, and the one way in which the config names them everywhere: `claim:…`,
 * `{claim.…}`, `forward`, `rolesClaim`, `groupsClaim`.
 *
 * Code that computes sees numbers, or text if a number would lose digits. Copied values
 * keep the source of every number.
 */
import { mayLoseDigits, keepSource, safeOrText } from './json-number.ts';
import { parseNumbers } from './json.ts';
import { follow, parseValuePath, scalarText } from './value-path.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** By the claims that plugins see: the same with raw numbers, where the two differ. */
const exact = new WeakMap<Claims, unknown>();

/** The claims of a JSON object, frozen; `parsed` is what `JSON.parse` makes of `source`. */
export function claimsOf(source: Buffer, parsed: Claims): Claims {
  const text = source.toString('utf8');
  if (!mayLoseDigits(text)) return Object.freeze(parsed);
  // It is an object, as `parsed` is.
  const claims = Object.freeze(parseNumbers(text, safeOrText) as Claims);
  exact.set(claims, parseNumbers(text, keepSource));
  return claims;
}

export type ReadClaim = (claims: Claims) => unknown;

/** Reads the claim that `path` leads to. @throws {RangeError} for what is no path */
export function claimReader(path: string): ReadClaim {
  const names = parseValuePath(path);
  return (claims) => follow(claims, names);
}

/**
 * Reads it as text, a number as its source; `undefined` for what is neither text, number nor boolean.
 *
 * @throws {RangeError} for what is no path
 */
export function claimText(path: string): (claims: Claims | undefined) => string | undefined {
  const names = parseValuePath(path);
  return (claims) => textOfClaim(claims, names);
}

/** The same for a path that has been read. */
export function textOfClaim(
  claims: Claims | undefined,
  path: readonly string[],
): string | undefined {
  if (claims === undefined) return undefined;
  return scalarText(follow(exact.get(claims) ?? claims, path));
}
