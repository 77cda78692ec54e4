/** Which target takes the next call. */
import type { Target } from './target.ts';

/** Picks one of `targets`, which is not empty. */
export type Balance = (targets: readonly Target[]) => Target;

/**
 * Smooth weighted round robin: with weights 2 and 1 it goes a b a, a b a, never a a b.
 * Its memory belongs to one upstream.
 */
export function roundRobin(): Balance {
  const credit = new WeakMap<Target, number>();
  return (targets) => {
    let best = targets[0]!;
    let bestCredit = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (const target of targets) {
      const earned = (credit.get(target) ?? 0) + target.weight;
      credit.set(target, earned);
      total += target.weight;
      if (earned > bestCredit) [best, bestCredit] = [target, earned];
    }
    credit.set(best, bestCredit - total);
    return best;
  };
}

/**
 * Power of two choices: of two targets drawn by weight, the one with fewer exchanges for its weight.
 * As good as asking all of them, without the herd (Mitzenmacher 2001).
 */
export function leastRequest(random: () => number): Balance {
  return (targets) => {
    if (targets.length === 1) return targets[0]!;
    const one = draw(targets, random);
    const other = drawOther(targets, one, random);
    return load(other) < load(one) ? other : one;
  };
}

const load = (target: Target): number => (target.inflight + 1) / target.weight;

function draw(targets: readonly Target[], random: () => number): Target {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  let left = random() * total;
  for (const target of targets) {
    left -= target.weight;
    if (left < 0) return target;
  }
  return targets.at(-1)!;
}

function drawOther(targets: readonly Target[], taken: Target, random: () => number): Target {
  return draw(
    targets.filter((target) => target !== taken),
    random,
  );
}
