/**
 * Turns the weights of RFC 2782 into whole numbers for the targets of one priority.
 *
 * The addresses of a service share its weight. If every weight is above 0 and every service has one
 * address, weights stay unchanged. Otherwise all are scaled by one factor, which keeps the ratios.
 */

export interface Service {
  /** 0 to 65535. */
  readonly weight: number;
  /** Not empty. */
  readonly addresses: readonly string[];
}

/** A weight of 0 has "a very small chance": a hundredth of a weight of 1. */
const ZERO_SHARE = 100;
/** Above this, ratios are rounded. 5040 is divisible by every number from 1 to 10. */
const MAX_FACTOR = 5_040;

/** The weight of each address of each of `services`, which are of one priority. */
export function addressWeights(services: readonly Service[]): number[] {
  const some = services.some(({ weight }) => weight > 0);
  const zeros = services.some(({ weight }) => weight === 0);
  const unit = some && zeros ? ZERO_SHARE : 1;
  const factor = services.reduce(
    (product, { addresses }) =>
      Math.min(MAX_FACTOR, leastCommonMultiple(product, addresses.length)),
    1,
  );
  return services.map(({ weight, addresses }) => {
    const share = weight > 0 ? weight * unit : 1;
    return Math.max(1, Math.round((share * factor) / addresses.length));
  });
}

const leastCommonMultiple = (a: number, b: number): number => (a / greatestDivisor(a, b)) * b;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
