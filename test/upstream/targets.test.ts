import { describe, expect, onTestFinished, test } from 'vitest';
import type { Dispatcher } from 'undici';
import { Agent } from 'undici';
import type { TargetConfig, UpstreamConfig } from '../../src/config/build/config.ts';
import type { TargetName } from '../../src/upstream/target.ts';
import { Targets } from '../../src/upstream/targets.ts';
import { manualClock } from '../helpers/clock.ts';
import { configOf } from '../helpers/state.ts';

const at = (origin: string, more: Partial<TargetConfig> = {}): TargetConfig => ({
  origin,
  weight: 1,
  ...more,
});

function targetsOf(list: readonly TargetConfig[], fields: Partial<UpstreamConfig> = {}) {
  const clock = manualClock();
  const told: string[] = [];
  const opened: string[] = [];
  const closed: string[] = [];
  const open = ({ origin }: TargetName): Dispatcher => {
    const agent = new Agent();
    opened.push(origin);
    return Object.assign(agent, {
      close: async () => {
        closed.push(origin);
      },
    });
  };
  const targets = new Targets(configOf([], { ...fields, targets: list }), {
    clock,
    random: () => 0,
    open,
    onOutcome: () => undefined,
    onAdded: ({ origin }) => told.push(`+${origin}`),
    onRemoved: ({ origin }) => told.push(`-${origin}`),
  });
  onTestFinished(() => targets.destroy());
  const target = (origin: string) => targets.all.find((each) => each.origin === origin)!;
  const picks = (count: number): string =>
    Array.from({ length: count }, () => targets.pick([], undefined).origin).join('');
  return { clock, targets, target, picks, told, opened, closed };
}

describe('which targets take calls', () => {
  test('those that are available', () => {
    const { targets, target, picks } = targetsOf([at('a'), at('b'), at('c')]);
    target('b').isHealthy = false;
    targets.refresh();
    expect(picks(4)).toBe('acac');
    target('c').isEjected = true;
    targets.refresh();
    expect(picks(3)).toBe('aaa');
  });

  test('all of them when none is available: panic', () => {
    const { targets, target, picks } = targetsOf([at('a'), at('b')]);
    target('a').isHealthy = false;
    targets.refresh();
    expect(targets.isPanicking).toBe(false);
    target('b').isEjected = true;
    targets.refresh();
    expect([picks(4), targets.isPanicking]).toEqual(['abab', true]);
    target('b').isEjected = false;
    targets.refresh();
    expect([picks(2), targets.isPanicking]).toEqual(['bb', false]);
  });

  test('all of them when fewer than the share of `panic` are available', () => {
    const { targets, target, picks } = targetsOf([at('a'), at('b'), at('c')], { panic: 0.5 });
    target('a').isHealthy = false;
    targets.refresh();
    expect(picks(2)).toBe('bc');
    target('b').isHealthy = false;
    targets.refresh();
    expect([picks(3), targets.isPanicking]).toEqual(['abc', true]);
  });

  test('those with the lowest priority number, as long as one of them is available', () => {
    const { targets, target, picks } = targetsOf([
      at('backup', { priority: 2 }),
      at('a', { priority: 1 }),
      at('b', { priority: 1 }),
    ]);
    expect(picks(2)).toBe('ab');
    target('a').isHealthy = false;
    targets.refresh();
    expect(picks(2)).toBe('bb');
    target('b').isHealthy = false;
    targets.refresh();
    expect([picks(1), targets.isPanicking]).toEqual(['backup', false]);
    target('backup').isHealthy = false;
    targets.refresh();
    expect([new Set(picks(2)), targets.isPanicking]).toEqual([new Set('ab'), true]);
  });

  test('none if the list is empty: GW_NO_TARGET', () => {
    const { targets } = targetsOf([]);
    expect(() => targets.pick([], undefined)).toThrow(
      expect.objectContaining({ code: 'GW_NO_TARGET' }),
    );
    expect(targets.isPanicking).toBe(false);
  });

  test('a retry takes an available one that was not tried, or else one that was', () => {
    const { targets, target } = targetsOf([at('a'), at('b'), at('c')]);
    target('c').isHealthy = false;
    targets.refresh();
    expect(targets.pick(['a'], undefined).origin).toBe('b');
    expect(['a', 'b']).toContain(targets.pick(['a', 'b'], undefined).origin);
  });
});

describe('a list that changes', () => {
  test('adds new targets, keeps known ones, and lets removed ones drain', () => {
    const { targets, target, told, opened, closed, picks } = targetsOf([at('a'), at('b')]);
    const kept = target('b');
    kept.inflight = 3;
    targets.replace([at('b'), at('c')]);
    expect(target('b')).toBe(kept);
    expect([told, opened, closed]).toEqual([['+a', '+b', '-a', '+c'], ['a', 'b', 'c'], ['a']]);
    expect(new Set(picks(6))).toEqual(new Set('bc'));
  });

  test('changes weight and priority of one that stays', () => {
    const { targets, target, picks } = targetsOf([at('a'), at('b')]);
    targets.replace([at('a', { weight: 3 }), at('b')]);
    expect(
      picks(8)
        .split('')
        .filter((each) => each === 'a'),
    ).toHaveLength(6);
    targets.replace([at('a', { priority: 1 }), at('b')]);
    expect([picks(2), target('a').priority]).toEqual(['bb', 1]);
  });

  test('treats the same address under another name as another target', () => {
    const { targets, opened } = targetsOf([at('a', { host: 'one' })]);
    targets.replace([at('a', { host: 'two' })]);
    expect(opened).toEqual(['a', 'a']);
    expect(targets.all.map(({ host }) => host)).toEqual(['two']);
  });

  test('gives 256 targets a label, which goes when they do', () => {
    const many = Array.from({ length: 300 }, (_, i) => at(`t${i}`));
    const { targets } = targetsOf(many);
    expect([targets.labelOf('t255'), targets.labelOf('t256')]).toEqual(['t255', 'other']);
    targets.replace(many.slice(100));
    expect([targets.labelOf('t0'), targets.labelOf('t299')]).toEqual(['other', 't299']);
  });
});

describe('a slow start', () => {
  const slowly = { slowStartMs: 1_000 };

  test('gives a new target its share gradually', () => {
    const { clock, targets, target } = targetsOf([at('a')], slowly);
    targets.replace([at('a'), at('b', { weight: 10 })]);
    expect(target('b').share).toBe(1);
    clock.advance(500);
    expect(target('b').share).toBe(5);
    clock.advance(500);
    expect(target('b').share).toBe(10);
  });

  test('does not apply if all targets are new', () => {
    const { target } = targetsOf([at('a'), at('b')], slowly);
    expect([target('a').share, target('b').share]).toEqual([1, 1]);
  });

  test('affects which target is called', () => {
    const { clock, targets, picks } = targetsOf([at('a')], slowly);
    targets.replace([at('a'), at('b')]);
    const shareOfB = (): number =>
      picks(1_100)
        .split('')
        .filter((each) => each === 'b').length / 1_100;
    expect(shareOfB()).toBeCloseTo(0.1 / 1.1, 2);
    clock.advance(1_000);
    expect(shareOfB()).toBeCloseTo(0.5, 2);
  });
});

describe('the load of a target', () => {
  test('includes a failure for a while, so that a target that fails fast attracts no calls', () => {
    const { clock, target, targets } = targetsOf([at('a'), at('b')], { balance: 'leastRequest' });
    target('a').failed('status 503');
    expect(target('a').load).toBe(5);
    target('b').inflight = 3;
    expect(targets.pick([], undefined).origin).toBe('b');
    clock.advance(2_000);
    expect(target('a').load).toBe(2.5);
    clock.advance(20_000);
    expect(target('a').load).toBe(0);
  });
});
