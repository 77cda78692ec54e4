/**
 * Claims of a consumer, and the one syntax in which the config names them: `claim:…`, `{claim.…}`,
 * `forward`, `rolesClaim`, `groupsClaim`.
 *
 * Code sees numbers, or text if a number would lose digits. Copied values keep the source text of every
 * number.
 */
import { mayLoseDigits, keepSource, safeOrText } from './json-number.ts';
import { parseNumbers } from './json.ts';
import { follow, parseValuePath, scalarText } from './value-path.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** From the claims that plugins see to the same claims with raw numbers, if the two differ. */
const exact = new WeakMap<Claims, unknown>();

/** The claims of a JSON object, frozen; `parsed` is what `JSON.parse` makes of `source`. */
export function claimsOf(source: Buffer, parsed: Claims): Claims {
  const text = source.toString('utf8');
  if (!mayLoseDigits(text)) return Object.freeze(parsed);
  // It is an object, because `parsed` is one.
  const claims = Object.freeze(parseNumbers(text, safeOrText) as Claims);
  exact.set(claims, parseNumbers(text, keepSource));
  return claims;
}

export type ReadClaim = (claims: Claims) => unknown;

/** Reads the claim at `path`. @throws {RangeError} for an invalid path */
export function claimReader(path: string): ReadClaim {
  const names = parseValuePath(path);
  return (claims) => follow(claims, names);
}

/**
 * Reads the claim as text, a number as its source; `undefined` if it is not text, a number or a boolean.
 *
 * @throws {RangeError} for an invalid path
 */
export function claimText(path: string): (claims: Claims | undefined) => string | undefined {
  const names = parseValuePath(path);
  return (claims) => textOfClaim(claims, names);
}

/** The same for a parsed path. */
export const textOfClaim = (
  claims: Claims | undefined,
  path: readonly string[],
): string | undefined => scalarText(claimValue(claims, path));

/** The claim as JSON, its numbers with their digits; `undefined` if there is none. */
export const claimValue = (claims: Claims | undefined, path: readonly string[]): unknown =>
  claims === undefined ? undefined : follow(exact.get(claims) ?? claims, path);
