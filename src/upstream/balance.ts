/** Decides which target takes the next call. */
import type { BalanceConfig } from '../config/build/config.ts';
import { rendezvous } from './rendezvous.ts';
import type { Target } from './target.ts';

/** Picks one of `targets`, which is not empty; `key` is the input of a hash. */
export type Balance = (targets: readonly Target[], key?: string) => Target;

/** The balance that `config` names. Its state belongs to one upstream. */
export function balanceOf(config: BalanceConfig, random: () => number): Balance {
  if (config === 'roundRobin') return roundRobin();
  if (config === 'leastRequest') return leastRequest(random);
  return byHash(leastRequest(random));
}

/**
 * Smooth weighted round robin: with weights 2 and 1 it goes a b a, a b a, never a a b. In each round
 * every target earns its share as credit, and the one with the most credit pays the total.
 */
export function roundRobin(): Balance {
  const credit = new WeakMap<Target, number>();
  return (targets) => {
    let best = targets[0]!;
    let bestCredit = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (const target of targets) {
      const { share } = target;
      const earned = (credit.get(target) ?? 0) + share;
      credit.set(target, earned);
      total += share;
      if (earned > bestCredit) [best, bestCredit] = [target, earned];
    }
    credit.set(best, bestCredit - total);
    return best;
  };
}

/**
 * Power of two choices: of two targets, take the one with fewer exchanges for its weight. Nearly as good
 * as comparing all targets, without herding (Mitzenmacher 2001).
 *
 * If weights differ, one of the two is the target whose turn it is. If both were drawn by weight and
 * compared by their load after the next exchange, the heaviest would get every call while all are idle.
 */
export function leastRequest(random: () => number): Balance {
  const byTurns = roundRobin();
  return (targets, key) => {
    const { length } = targets;
    if (length === 1) return targets[0]!;
    if (!shareAlike(targets)) {
      const due = byTurns(targets, key);
      return lessBusy(due, drawByShare(targets, random));
    }
    const one = targets[Math.floor(random() * length)]!;
    const drawn = targets[Math.floor(random() * (length - 1))]!;
    return lessBusy(one, drawn === one ? targets[length - 1]! : drawn);
  };
}

/** The first one if they are equally busy. */
const lessBusy = (one: Target, other: Target): Target =>
  other.load / other.share < one.load / one.share ? other : one;

function drawByShare(targets: readonly Target[], random: () => number): Target {
  let left = random() * targets.reduce((sum, { share }) => sum + share, 0);
  for (const target of targets) {
    left -= target.share;
    if (left < 0) return target;
  }
  return targets.at(-1)!;
}

/** Calls with the same key go to the same target; calls without a key go to any. */
export function byHash(keyless: Balance): Balance {
  const pick = rendezvous();
  return (targets, key) => (key === undefined ? keyless(targets, key) : pick(targets, key));
}

function shareAlike(targets: readonly Target[]): boolean {
  const { share } = targets[0]!;
  return targets.every((target) => target.share === share);
}
