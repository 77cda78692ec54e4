/** Which target takes the next call. */
import type { BalanceConfig } from '../config/config.ts';
import { rendezvous } from './rendezvous.ts';
import type { Target } from './target.ts';

/** Picks one of `targets`, which is not empty; `key` is what a hash goes by. */
export type Balance = (targets: readonly Target[], key?: string) => Target;

/** The balance that `config` names. Its memory belongs to one upstream. */
export function balanceOf(config: BalanceConfig, random: () => number): Balance {
  if (config === 'roundRobin') return roundRobin();
  if (config === 'leastRequest') return leastRequest(random);
  return byHash(leastRequest(random));
}

/** Smooth weighted round robin: with weights 2 and 1 it goes a b a, a b a, never a a b. */
export function roundRobin(): Balance {
  return smooth(({ share }) => share);
}

/**
 * Power of two choices: of two targets drawn at random, the one with fewer exchanges. As good as asking
 * all of them, without the herd (Mitzenmacher 2001).
 *
 * Where weights differ, two drawn by weight would give the heavier one nearly everything while all are
 * idle: there the targets take turns, by their weight over their load.
 */
export function leastRequest(random: () => number): Balance {
  const byTurns = smooth(({ share, load }) => share / load);
  return (targets, key) => {
    const { length } = targets;
    if (length === 1) return targets[0]!;
    if (!shareAlike(targets)) return byTurns(targets, key);
    const one = targets[Math.floor(random() * length)]!;
    const skipped = Math.floor(random() * (length - 1));
    const drawn = targets[skipped]!;
    const other = drawn === one ? targets[length - 1]! : drawn;
    return other.load < one.load ? other : one;
  };
}

/** Calls of one key go to one target; who has no key, to any. */
export function byHash(keyless: Balance): Balance {
  const pick = rendezvous();
  return (targets, key) => (key === undefined ? keyless(targets, key) : pick(targets, key));
}

/** Everyone earns its due each time; who has most pays what all have earned. */
function smooth(dueOf: (target: Target) => number): Balance {
  const credit = new WeakMap<Target, number>();
  return (targets) => {
    let best = targets[0]!;
    let bestCredit = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (const target of targets) {
      const due = dueOf(target);
      const earned = (credit.get(target) ?? 0) + due;
      credit.set(target, earned);
      total += due;
      if (earned > bestCredit) [best, bestCredit] = [target, earned];
    }
    credit.set(best, bestCredit - total);
    return best;
  };
}

function shareAlike(targets: readonly Target[]): boolean {
  const { share } = targets[0]!;
  return targets.every((target) => target.share === share);
}
