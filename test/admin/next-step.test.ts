/** What `GET /migration` advises next, case by case. */
import { describe, expect, test } from 'vitest';
import { nextStep, type Standing } from '../../src/admin/next-step.ts';
import type { MigrationMirror, MigrationSide, NextStep } from '../../src/admin/page-data.ts';

type More = Partial<MigrationSide>;
const side = (upstream: string, share: number, more: More = {}): MigrationSide => ({
  upstream,
  weight: share * 100,
  share,
  ...more,
});
const traffic = (calls: number, failures: number): More => ({ traffic: { calls, failures } });

const mirror = (compared: number, different: number, field = 'rating'): MigrationMirror => {
  const ratio = compared === 0 ? 0 : different / compared;
  return {
    upstream: 'new',
    comparison: {
      compared,
      different,
      ratio,
      minimum: 1_000,
      fields: different === 0 ? [] : [{ field, answers: different }],
      advice: compared >= 1_000 && ratio <= 0.001 ? 'promote' : 'not yet: …',
    },
  };
};

const step = (standing: Partial<Standing>): string => {
  const { step: kind, words }: NextStep = nextStep({
    route: 'products',
    sides: [],
    mirrors: [],
    parts: 0,
    ...standing,
  });
  return `${kind} | ${words}`;
};

describe('of a route that is not split', () => {
  const whole = (mirrors: readonly MigrationMirror[], around?: string, upstream = 'old') =>
    step({ sides: [side(upstream, 1)], mirrors, around });

  test.each([
    ['seam', [], undefined, 'to move a part, cut a seam: a route of its own, with a mirror'],
    ['mirror', [], 'old', 'give it a mirror that compares the new service with this one'],
    ['compare', [{ upstream: 'new' }], 'old', 'let the mirror compare: new gets copies only'],
    ['wait', [mirror(0, 0)], 'old', '0 of 1000 compared'],
    ['wait', [mirror(130, 13)], 'old', '130 of 1000 compared, 10 % differ, most at rating'],
    [
      'differs',
      [mirror(1_500, 45)],
      'old',
      'new differs in 3 %, most at rating: repair it, or ignore what is harmless',
    ],
    [
      'promote',
      [mirror(1_000, 1)],
      'old',
      'promote: replace the upstream by a split, with new at weight 1',
    ],
  ] as const)('%s: %j within %s', (kind, mirrors, around, words) => {
    expect(whole(mirrors, around)).toBe(`${kind} | ${words}`);
  });

  test('that is cut out of another and has another upstream, it is done', () => {
    expect(whole([], 'old', 'new')).toBe('done | new answers all of it');
    const back = { ...mirror(5, 5), upstream: 'old' };
    expect(whole([back], 'old', 'new')).toBe('tidy | new answers all of it: remove the mirror');
  });

  test('out of which others are cut, they are counted', () => {
    expect(step({ sides: [side('old', 1)], parts: 2 })).toBe(
      'seam | 2 cut out of it so far; to move another part, cut a seam: a route of its own, with a mirror',
    );
  });

  test('and has another action: there is nothing to do', () => {
    expect(step({})).toBe('none | it does not forward to one upstream');
  });
});

describe('of a split', () => {
  const split = (first: More, second: MigrationSide, mirrors: readonly MigrationMirror[] = []) =>
    step({ sides: [side('old', 1 - second.share, first), second], mirrors });

  test.each([
    ['begin', {}, side('new', 0), [], 'begin: give new weight 1'],
    [
      'grow',
      traffic(180, 0),
      side('new', 0.1, traffic(20, 0)),
      [],
      'grow: new has 10 %, raise its weight',
    ],
    [
      'grow',
      {},
      side('new', 0.005, traffic(19, 19)),
      [],
      'grow: new has 0.5 %, raise its weight; too few calls in the last minute: 19',
    ],
    [
      'failing',
      traffic(100, 1),
      side('new', 0.1, traffic(40, 1)),
      [],
      'new fails 2.5 % of 40 calls, old 1 % of 100 calls: repair it',
    ],
    ['grow', traffic(100, 2), side('new', 0.1, traffic(40, 1)), [], /^grow:/],
    [
      'failing',
      traffic(3, 0),
      side('new', 0.1, traffic(40, 3)),
      [],
      'new fails 7.5 % of 40 calls, old 0 % of 3 calls: repair it',
    ],
    ['finish', {}, side('new', 1), [], '100 %: replace the split by `upstream: new`'],
    ['finish', {}, side('new', 1), [mirror(9, 9)], /`upstream: new`, and remove the mirror$/],
    ['failing', {}, side('new', 1, traffic(40, 3)), [], /^new fails 7\.5 %/],
    ['differs', {}, side('new', 0.1), [mirror(1_000, 30)], /^new differs in 3 %, most at rating/],
    ['grow', {}, side('new', 0.1), [mirror(10, 10)], /^grow:/],
    [
      'ramp',
      {},
      side('new', 0.1, { next: { at: '2026-12-03T08:00:00.000Z', weight: 50 } }),
      [],
      'ramp: new gets weight 50 at 2026-12-03T08:00:00.000Z',
    ],
    [
      'aborted',
      {},
      side('new', 0, { aborted: { at: '2026-12-03T08:00:00.000Z', why: 'it is slow' } }),
      [mirror(1_000, 30)],
      'repair new (it is slow), then portico split products --auto new',
    ],
  ] as const)('%s: %j beside %j, %j', (kind, first, second, mirrors, words) => {
    const found = split(first, second, mirrors);
    expect(found).toMatch(new RegExp(`^${kind} \\| `));
    const said = found.slice(kind.length + 3);
    if (typeof words === 'string') expect(said).toBe(words);
    else expect(said).toMatch(words);
  });

  test('of three sides, what is out comes first, then what fails', () => {
    const aborted = { at: '2026-12-03T08:00:00.000Z', why: 'slow' };
    const old = side('old', 0.8, traffic(100, 0));
    const failing = side('new', 0.2, traffic(100, 50));
    expect(step({ sides: [old, failing, side('beta', 0, { aborted })] })).toMatch(
      /^aborted .*beta/,
    );
    expect(step({ sides: [old, side('beta', 0), failing] })).toMatch(/^failing .*new fails 50 %/);
  });
});
