import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import { type Balance, leastRequest, roundRobin } from '../../src/upstream/balance.ts';
import { manualClock } from '../helpers/clock.ts';
import { Target } from '../../src/upstream/target.ts';
import { seeded } from '../helpers/seeded.ts';

const target = (origin: string, weight = 1, clock = manualClock()): Target =>
  new Target({ origin, weight }, new Agent(), { clock });
const names = (balance: Balance, targets: readonly Target[], picks: number): string =>
  Array.from({ length: picks }, () => balance(targets).origin).join(' ');

describe('round robin', () => {
  test('takes each in turn', () => {
    const targets = [target('a'), target('b'), target('c')];
    expect(names(roundRobin(), targets, 6)).toBe('a b c a b c');
  });

  test('is smooth by weight: the heavy target never comes in a burst', () => {
    expect(names(roundRobin(), [target('a', 2), target('b')], 6)).toBe('a b a a b a');
    expect(names(roundRobin(), [target('a', 5), target('b'), target('c')], 7)).toBe(
      'a a b a c a a',
    );
  });

  test('gives each its exact share', () => {
    const targets = [target('a', 7), target('b', 2), target('c', 1)];
    const picked = names(roundRobin(), targets, 1_000).split(' ');
    const share = (name: string): number => picked.filter((each) => each === name).length;
    expect([share('a'), share('b'), share('c')]).toEqual([700, 200, 100]);
  });

  test('belongs to one upstream: another one starts afresh', () => {
    const targets = [target('a'), target('b')];
    roundRobin()(targets);
    expect(roundRobin()(targets).origin).toBe('a');
  });
});

describe('least request', () => {
  test('takes the only target', () => {
    expect(leastRequest(() => 0.99)([target('a')]).origin).toBe('a');
  });

  test('takes the target with fewer exchanges of the two it draws', () => {
    const targets = [target('a'), target('b')];
    targets[0]!.inflight = 3;
    const balance = leastRequest(seeded(1));
    expect(new Set(names(balance, targets, 20).split(' '))).toEqual(new Set(['b']));
  });

  test('gives each its share by weight while all are idle', () => {
    const targets = [target('a', 3), target('b')];
    const picked = names(leastRequest(seeded(1)), targets, 400).split(' ');
    expect(picked.filter((name) => name === 'a')).toHaveLength(300);
  });

  test('compares exchanges relative to weight', () => {
    const targets = [target('a', 4), target('b')];
    targets[0]!.inflight = 3;
    targets[1]!.inflight = 1;
    const picked = names(leastRequest(seeded(1)), targets, 500).split(' ');
    // 3/4 against 1/1: b wins only if both draws are b.
    expect(picked.filter((name) => name === 'b').length).toBeLessThan(40);
  });

  test('keeps the loads of equal targets close, and that of a slow one small', () => {
    const targets = [target('a'), target('b'), target('slow')];
    const balance = leastRequest(seeded(7));
    const served = new Map<string, number>();
    const open: { target: Target; until: number }[] = [];
    for (let now = 0; now < 3_000; now++) {
      for (const each of open.filter(({ until }) => until === now)) each.target.inflight -= 1;
      const taken = balance(targets);
      taken.inflight += 1;
      served.set(taken.origin, (served.get(taken.origin) ?? 0) + 1);
      open.push({ target: taken, until: now + (taken.origin === 'slow' ? 100 : 10) });
    }
    expect(served.get('slow')! / served.get('a')!).toBeLessThan(0.6);
    expect(served.get('a')! / served.get('b')!).toBeGreaterThan(0.9);
    expect(served.get('a')! / served.get('b')!).toBeLessThan(1.1);
  });

  test.each([0, 0.5, 0.999_999_999])('always finds a target (random %d)', (value) => {
    const targets = [target('a', 0.1), target('b', 0.2), target('c', 0.7)];
    expect(targets).toContain(leastRequest(() => value)(targets));
  });
});
