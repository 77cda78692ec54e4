/**
 * Rendezvous hashing: every target draws a number for the key, and the highest takes the call (Thaler and
 * Ravishankar 1998). A new target takes its share of keys from the others, and a removed one leaves its
 * keys to them; no other key moves.
 */
import { hash, mix } from '../core/hash.ts';
import type { Target } from './target.ts';

/** Each target gets keys in proportion to its weight (Schindelhauer and Schomaker 2005). */
export function rendezvous(): (targets: readonly Target[], key: string) => Target {
  const seeds = new WeakMap<Target, number>();
  const seedOf = (target: Target): number => {
    const known = seeds.get(target);
    if (known !== undefined) return known;
    const seed = hash(target.origin);
    seeds.set(target, seed);
    return seed;
  };
  return (targets, key) => {
    const keyHash = hash(key);
    let best = targets[0]!;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const target of targets) {
      const score = -target.share / Math.log(draw(keyHash, seedOf(target)));
      if (score > bestScore) [best, bestScore] = [target, score];
    }
    return best;
  };
}

/** A number in (0, 1) that is always the same for the same inputs. */
function draw(keyHash: number, seed: number): number {
  return (mix(keyHash ^ seed) + 0.5) / 2 ** 32;
}
