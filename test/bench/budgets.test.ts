/** The budgets: what is judged, and against what. */
import { describe, expect, test } from 'vitest';
import { judge, type Verdict } from '../../bench/budgets.ts';
import { formatVerdicts } from '../../bench/report.ts';
import { aGroup, aMeasurement, aRound, costing } from './measurements.ts';

const MIB = 1_048_576;

function verdictOn(claim: string, verdicts: readonly Verdict[]): Verdict {
  const verdict = verdicts.find((each) => each.claim.startsWith(claim));
  if (verdict === undefined) throw new Error(`no budget ${claim}`);
  return verdict;
}

test('app.forward may cost what its package costs, and a share of the floor', () => {
  const isKept = (us: number): boolean | undefined =>
    verdictOn(
      'portico-forward',
      judge([
        aGroup('bff', [
          aRound({
            floor: costing(100),
            'http-proxy': costing(170),
            'portico-forward': costing(us),
          }),
        ]),
      ]),
    ).isKept;

  expect([isKept(205), isKept(206)]).toEqual([true, false]);
  expect(verdictOn('portico-forward', judge([])).isKept).toBeUndefined();
});

describe('a budget of CPU time', () => {
  test('is kept up to its bound, and missed above it', () => {
    const judged = (us: number): boolean | undefined =>
      verdictOn(
        'portico-bare: CPU at most',
        judge([aGroup('core', [aRound({ floor: costing(100), 'portico-bare': costing(us) })])]),
      ).isKept;

    expect(judged(112)).toBe(true);
    expect(judged(113)).toBe(false);
  });

  test('is judged by the median of the ratios within each round', () => {
    const rounds = [
      aRound({ floor: costing(100), 'portico-bare': costing(110) }),
      aRound({ floor: costing(200), 'portico-bare': costing(220) }),
      aRound({ floor: costing(100), 'portico-bare': costing(300) }),
    ];

    expect(verdictOn('portico-bare: CPU at most', judge([aGroup('core', rounds)]))).toMatchObject({
      isKept: true,
      measured: '1.10 ×',
    });
  });

  test('says nothing about what did not run, and is counted', () => {
    const verdicts = judge([aGroup('core', [aRound({ floor: costing(100) })])]);

    expect(verdictOn('portico-page', verdicts).isKept).toBeUndefined();
    expect(formatVerdicts(verdicts)).toMatch(/^pass {2}no error.*\nskip {2}\d+ budgets of/);
  });

  test('compares subjects of the same rounds only', () => {
    const verdicts = judge([
      aGroup('core', [aRound({ floor: costing(100) })]),
      aGroup('plugins', [aRound({ 'portico-bare': costing(300) })]),
    ]);

    expect(verdictOn('portico-bare: CPU at most', verdicts).isKept).toBeUndefined();
  });

  test.each([
    ['portico-bare', 'caddy'],
    ['portico-all', 'http-proxy'],
    ['portico-tls', 'caddy-tls'],
    ['portico-down-100k', 'http-proxy-down-100k'],
  ])('keeps %s below %s', (name, other) => {
    const judged = (us: number): boolean | undefined =>
      verdictOn(
        `${name}: CPU below ${other}`,
        judge([aGroup('chosen', [aRound({ [other]: costing(50), [name]: costing(us) })])]),
      ).isKept;

    expect(judged(49)).toBe(true);
    expect(judged(51)).toBe(false);
  });
});

describe('a budget of latency', () => {
  test('bounds how much longer the tail is than that of the floor', () => {
    const judged = (p99Ms: number): boolean | undefined =>
      verdictOn(
        'portico-all: p99 ÷ mean',
        judge([
          aGroup('core', [
            aRound({
              floor: aMeasurement({ meanMs: 2, p99Ms: 4 }),
              'portico-all': aMeasurement({ meanMs: 4, p99Ms }),
            }),
          ]),
        ]),
      ).isKept;

    expect(judged(10)).toBe(true);
    expect(judged(10.1)).toBe(false);
  });
});

describe('a budget of memory', () => {
  test('is what may be resident beyond the floor', () => {
    const judged = (mib: number): Verdict =>
      verdictOn(
        'portico-bare: RSS',
        judge([
          aGroup('core', [
            aRound({
              floor: aMeasurement({ residentBytes: 100 * MIB }),
              'portico-bare': aMeasurement({ residentBytes: mib * MIB }),
            }),
          ]),
        ]),
      );

    expect(judged(130)).toMatchObject({ isKept: true, measured: '+30 MiB' });
    expect(judged(131).isKept).toBe(false);
  });
});

test('an answer that went wrong is told, at half the rate, too', () => {
  const round = aRound({ floor: aMeasurement() });
  const half = aRound({ floor: aMeasurement({ errors: 1 }) });

  expect(verdictOn('no error', judge([aGroup('core', [round], [half])]))).toMatchObject({
    isKept: false,
    measured: 'floor',
  });
});
