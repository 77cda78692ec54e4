/** Signature algorithms of RFC 7518, RFC 8037 and RFC 9864, and what each requires of its key. */
import type { KeyObject } from 'node:crypto';

export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'Ed448',
  'HS256',
  'HS384',
  'HS512',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A secret is as long as the hash, at least (RFC 7518 §3.2). */
export const MIN_SECRET_BYTES: Readonly<Partial<Record<Algorithm, number>>> = {
  HS256: 32,
  HS384: 48,
  HS512: 64,
};

/** RFC 7518 §3.3. */
const MIN_RSA_BITS = 2_048;

const CURVES: Readonly<Partial<Record<Algorithm, string>>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

const SIGNATURE_BYTES: Readonly<Partial<Record<Algorithm, readonly number[]>>> = {
  HS256: [32],
  HS384: [48],
  HS512: [64],
  ES256: [64],
  ES384: [96],
  ES512: [132],
  EdDSA: [64, 114],
  Ed25519: [64],
  Ed448: [114],
};

/** Keys of RFC 8037; `EdDSA` leaves the curve to the key, which RFC 9864 §2.2 ends. */
const EDWARDS: Readonly<Partial<Record<Algorithm, readonly string[]>>> = {
  EdDSA: ['ed25519', 'ed448'],
  Ed25519: ['ed25519'],
  Ed448: ['ed448'],
};

/** Is a key that is for `name` one for `algorithm`? `EdDSA` is the old name of two others. */
export const isSameAlgorithm = (name: unknown, algorithm: string): boolean =>
  name === algorithm ||
  (isEdwards(name) && isEdwards(algorithm) && (name === 'EdDSA' || algorithm === 'EdDSA'));

const isEdwards = (name: unknown): boolean =>
  typeof name === 'string' && Object.hasOwn(EDWARDS, name);

type PackageAlgorithm = Exclude<Algorithm, 'Ed25519' | 'Ed448'>;

/**
 * `algorithms` for the package that verifies: of Edwards keys it knows no other name than `EdDSA`. Which
 * of them a token may name is decided before.
 */
export function inPackageWords(algorithms: readonly Algorithm[]): PackageAlgorithm[] {
  const names = algorithms.some(isEdwards) ? [...algorithms, 'EdDSA' as const] : [...algorithms];
  // It compares them with the token's as text; only its type does not know the names of RFC 9864.
  return names as PackageAlgorithm[];
}

/** @returns why `key` does not go with `algorithm`; `undefined` where it does */
export function keyFault(key: KeyObject, algorithm: Algorithm): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const isRsa = type === 'rsa' || type === 'rsa-pss';
  if (isRsa && (details?.modulusLength ?? 0) < MIN_RSA_BITS) {
    return `an RSA key must have at least ${MIN_RSA_BITS} bits (RFC 7518 §3.3)`;
  }
  const fits = CURVES[algorithm]
    ? type === 'ec' && details?.namedCurve === CURVES[algorithm]
    : EDWARDS[algorithm]
      ? EDWARDS[algorithm].includes(type ?? '')
      : type === 'rsa' || (type === 'rsa-pss' && algorithm.startsWith('PS'));
  return fits ? undefined : `${algorithm} does not fit this key, which is ${named(key)}`;
}

function named({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve } = asymmetricKeyDetails ?? {};
  const type = asymmetricKeyType ?? 'of an unknown kind';
  return namedCurve === undefined ? type : `${type} on ${namedCurve}`;
}

/** Whether these bytes can be a signature at all. A check without a key costs nothing. */
export function maySign(algorithm: string, signature: Uint8Array): boolean {
  const sizes = SIGNATURE_BYTES[algorithm as Algorithm];
  if (sizes === undefined) return signature.length >= MIN_RSA_BITS / 8;
  if (!sizes.includes(signature.length)) return false;
  if (!algorithm.startsWith('ES')) return true;
  // Neither r nor s is zero (FIPS 186-5 §6.4.2): some libraries found such a pair good for any key.
  const half = signature.length / 2;
  return [signature.subarray(0, half), signature.subarray(half)].every((part) =>
    part.some((byte) => byte !== 0),
  );
}
