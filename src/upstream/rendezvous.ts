/**
 * Rendezvous hashing: every target draws a number for the key, and the highest takes the call (Thaler and
 * Ravishankar 1998). A new target takes its share of keys from the others, and a removed one leaves its
 * keys to them; no other key moves.
 */
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

/** FNV-1a, 32 bits, over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return mix(value);
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
