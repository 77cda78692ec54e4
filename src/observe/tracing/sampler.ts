/**
 * Draws which traces are sampled. Instead of a draw for each, it draws how many are left out before the next one, which
 * has the same distribution (the gaps of independent draws are geometric), and costs nearly nothing for those left out.
 */
export class Sampler {
  readonly #share: number;
  readonly #random: () => number;
  #left: number;

  /**
   * @param share of all: 0 to 1
   * @param random uniform in [0, 1)
   */
  constructor(share: number, random: () => number) {
    this.#share = share;
    this.#random = random;
    this.#left = this.#gap();
  }

  /** Is this one sampled? */
  draw(): boolean {
    if (this.#left > 0) {
      this.#left -= 1;
      return false;
    }
    this.#left = this.#gap();
    return true;
  }

  /** How many are left out before the next one. */
  #gap(): number {
    if (this.#share >= 1) return 0;
    if (this.#share <= 0) return Number.POSITIVE_INFINITY;
    return Math.floor(Math.log1p(-this.#random()) / Math.log1p(-this.#share));
  }
}
