import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { byHash } from '../../src/upstream/balance.ts';
import { rendezvous } from '../../src/upstream/rendezvous.ts';
import { Target } from '../../src/upstream/target.ts';
import { manualClock } from '../helpers/clock.ts';

const agent = new Agent();
const clock = manualClock();
const target = (origin: string, weight = 1): Target =>
  new Target({ origin, weight }, agent, { clock });
const servers = (count: number): Target[] =>
  Array.from({ length: count }, (_, i) => target(`http://10.0.0.${i + 1}:8080`));

const KEYS = Array.from({ length: 10_000 }, (_, i) => `user-${i}`);

function placesOf(targets: readonly Target[]): string[] {
  const pick = rendezvous();
  return KEYS.map((key) => pick(targets, key).origin);
}

const countsOf = (places: readonly string[]): number[] =>
  [...Map.groupBy(places, (origin) => origin).values()].map(({ length }) => length);

describe('balancing by hash', () => {
  test('sends a key to the same target, whatever the order of the list', () => {
    const targets = servers(5);
    expect(placesOf(targets.toReversed())).toEqual(placesOf(targets));
  });

  test('spreads keys evenly', () => {
    for (const count of countsOf(placesOf(servers(5)))) {
      expect(count).toBeGreaterThan(1_850);
      expect(count).toBeLessThan(2_150);
    }
  });

  test('spreads keys by weight', () => {
    const [heavy, light] = [target('http://heavy', 3), target('http://light')];
    const places = placesOf([heavy, light]);
    const share = places.filter((origin) => origin === heavy.origin).length / KEYS.length;
    expect(share).toBeGreaterThan(0.73);
    expect(share).toBeLessThan(0.77);
  });

  test('gives an added target its share of the keys, and moves no other key', () => {
    const targets = servers(9);
    const added = target('http://10.0.1.1:8080');
    const before = placesOf(targets);
    const after = placesOf([...targets, added]);
    const moved = KEYS.flatMap((_, i) => (before[i] === after[i] ? [] : [after[i]]));
    expect(new Set(moved)).toEqual(new Set([added.origin]));
    expect(moved.length / KEYS.length).toBeLessThan(0.11);
    expect(moved.length / KEYS.length).toBeGreaterThan(0.09);
  });

  test('moves only the keys of a removed target', () => {
    const targets = servers(10);
    const [gone, ...rest] = targets;
    const before = placesOf(targets);
    const after = placesOf(rest);
    const moved = KEYS.flatMap((_, i) => (before[i] === after[i] ? [] : [before[i]]));
    expect(new Set(moved)).toEqual(new Set([gone!.origin]));
  });

  test('leaves calls without a key to the other balance', () => {
    const [first, second] = servers(2);
    expect(byHash(() => second!)([first!, second!])).toBe(second);
  });

  test('distinguishes similar addresses and similar keys', () => {
    const places = placesOf([target('http://a:1'), target('http://a:2')]);
    const [one = 0, other = 0] = countsOf(places);
    expect(Math.abs(one - other)).toBeLessThan(400);
  });
});
