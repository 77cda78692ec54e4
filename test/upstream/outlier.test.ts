import fc from 'fast-check';
import { Agent } from 'undici';
import { describe, expect, test } from 'vitest';
import type { OutlierConfig } from '../../src/config/build/config.ts';
import { Outlier } from '../../src/upstream/outlier.ts';
import { Target } from '../../src/upstream/target.ts';
import { manualClock } from '../helpers/clock.ts';

const agent = new Agent();

function watched(names: string, config: Partial<OutlierConfig> = {}) {
  const clock = manualClock();
  const told: string[] = [];
  let targets = names
    .split('')
    .map((origin) => new Target({ origin, weight: 1 }, agent, { clock }));
  const outlier = new Outlier(
    { consecutive: 3, ejectMs: 1_000, maxEjected: 0.5, ...config },
    {
      clock,
      targets: () => targets,
      onChange: ({ origin }, ms) => told.push(`${origin} ${ms ?? 'back'}`),
    },
  );
  const target = (origin: string): Target => targets.find((each) => each.origin === origin)!;
  const fail = (origin: string, times = 3): void => {
    for (let i = 0; i < times; i++) outlier.report(target(origin), true);
  };
  const ejected = (): string =>
    targets.flatMap(({ isEjected, origin }) => (isEjected ? [origin] : [])).join('');
  const remove = (origin: string): void => {
    outlier.forget(target(origin));
    targets = targets.filter((each) => each.origin !== origin);
  };
  return { clock, told, outlier, target, fail, ejected, remove };
}

describe('an outlier', () => {
  test('is ejected after enough failures in a row, and comes back after its time', () => {
    const { clock, told, fail, ejected } = watched('abc');
    fail('a', 2);
    expect(ejected()).toBe('');
    fail('a', 1);
    expect(ejected()).toBe('a');
    clock.advance(999);
    expect(ejected()).toBe('a');
    clock.advance(1);
    expect([ejected(), told]).toEqual(['', ['a 1000', 'a back']]);
  });

  test('is not a target whose failures are not in a row', () => {
    const { outlier, target, fail, ejected } = watched('abc');
    for (let i = 0; i < 5; i++) {
      fail('a', 2);
      outlier.report(target('a'), false);
    }
    expect(ejected()).toBe('');
  });

  test('that soon fails again stays away longer, up to ten times as long', () => {
    const { clock, told, fail, ejected } = watched('abc');
    for (let i = 0; i < 12; i++) {
      fail('a');
      while (ejected() === 'a') clock.advance(1_000);
    }
    const times = told
      .filter((each) => !each.endsWith('back'))
      .map((each) => Number(each.slice(2)));
    expect(times.slice(0, 4)).toEqual([1_000, 2_000, 3_000, 4_000]);
    expect(times.slice(-2)).toEqual([10_000, 10_000]);
  });

  test('has its history cleared once it has served well for as long as it was away', () => {
    const { clock, told, fail } = watched('abc');
    fail('a');
    clock.advance(1_000);
    fail('a');
    clock.advance(2_000 + 2_000);
    fail('a');
    expect(told.filter((each) => !each.endsWith('back'))).toEqual(['a 1000', 'a 2000', 'a 1000']);
  });

  test.each([
    ['a', 1, ''],
    ['ab', 0.5, 'a'],
    ['ab', 1, 'a'],
    ['abc', 0.5, 'a'],
    ['abcd', 0.5, 'ab'],
    ['abcd', 1, 'abc'],
    ['abc', 0, ''],
  ])(
    'of the targets %s at most a share of %d is ejected, and never the last',
    (names, maxEjected, out) => {
      const { fail, ejected } = watched(names, { maxEjected });
      for (const name of names) fail(name);
      expect(ejected()).toBe(out);
    },
  );

  test('is not ejected while too many others are', () => {
    const { clock, fail, ejected } = watched('abc');
    fail('a');
    fail('b');
    expect(ejected()).toBe('a');
    clock.advance(1_000);
    fail('b', 1);
    expect(ejected()).toBe('b');
  });

  test('that is gone leaves no timer and makes room for another', () => {
    const { clock, told, fail, ejected, remove } = watched('abcd', { maxEjected: 0.25 });
    fail('a');
    remove('a');
    expect(clock.pending).toBe(0);
    clock.advance(5_000);
    expect(told).toEqual(['a 1000']);
    // A quarter of three is less than one.
    fail('b');
    expect(ejected()).toBe('');
  });

  test('that is gone and fails later is ignored', () => {
    const { clock, told, outlier, target, remove } = watched('abc', { consecutive: 1 });
    const gone = target('a');
    remove('a');
    outlier.report(gone, true);
    expect([told, clock.pending]).toEqual([[], 0]);
  });

  test('ends with its upstream', () => {
    const { clock, fail, outlier } = watched('abc');
    fail('a');
    outlier.close();
    expect(clock.pending).toBe(0);
  });
});

describe('other options', () => {
  test('readmit first those that would have come back first, if too many are out', () => {
    const { clock, fail, ejected, outlier, told } = watched('abcd');
    fail('b');
    clock.advance(500);
    fail('a');
    expect(ejected()).toBe('ab');
    outlier.change({ consecutive: 3, ejectMs: 9_000, maxEjected: 0.25 });
    expect([ejected(), told.at(-1)]).toEqual(['a', 'b back']);
    // It stays out for its full time.
    clock.advance(1_000);
    expect([ejected(), clock.pending]).toEqual(['', 0]);
  });

  test('keep what was counted', () => {
    const { fail, ejected, outlier } = watched('abc');
    fail('a', 2);
    outlier.change({ consecutive: 4, ejectMs: 1_000, maxEjected: 0.5 });
    fail('a', 1);
    expect(ejected()).toBe('');
    fail('a', 1);
    expect(ejected()).toBe('a');
  });

  test('that are removed readmit everyone', () => {
    const { clock, fail, ejected, outlier } = watched('abcd');
    fail('a');
    fail('b');
    outlier.end();
    expect([ejected(), clock.pending]).toEqual(['', 0]);
  });

  test('never eject more than they allow, whatever comes', () => {
    const share = fc.constantFrom(0, 0.25, 0.5, 1);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ who: fc.nat(3), failed: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ waitMs: fc.nat(3_000) }) },
      { weight: 1, arbitrary: fc.record({ maxEjected: share }) },
    );
    fc.assert(
      fc.property(share, fc.array(step, { maxLength: 100 }), (first, steps) => {
        const options = { consecutive: 2, ejectMs: 1_000 };
        const { clock, ejected, outlier, target } = watched('abcd', {
          ...options,
          maxEjected: first,
        });
        let most = first;
        for (const each of steps) {
          if ('who' in each) outlier.report(target('abcd'[each.who]!), each.failed);
          else if ('waitMs' in each) clock.advance(each.waitMs);
          else {
            most = each.maxEjected;
            outlier.change({ ...options, maxEjected: most });
          }
          expect(ejected().length).toBeLessThanOrEqual(Math.min(4 * most, 3));
        }
        clock.advance(60_000);
        expect([ejected(), clock.pending]).toEqual(['', 0]);
      }),
      { numRuns: 200 },
    );
  });
});
