import { describe, expect, test } from 'vitest';
import { Tally } from '../../src/observe/tally.ts';
import { quantile, sumOfCounts, Traffic } from '../../src/observe/traffic.ts';

const BOUNDS = [0.1, 1];

function counting() {
  const tally = new Tally({
    counter: { name: 'a_total', help: 'a' },
    histogram: { name: 'a_seconds', help: 'a' },
    shared: ['route', 'method'],
    counted: ['target', 'status'],
    buckets: BOUNDS,
  });
  const traffic = new Traffic(() => tally.counted());
  const count = (route: string, status: string, seconds = 0.05, method = 'GET'): void =>
    tally.observe([route, method], ['t', status], seconds);
  return { tally, traffic, count };
}

describe('the window', () => {
  test('has what was counted since it began, and nothing from before', () => {
    const { traffic, count } = counting();
    count('a', '200');
    traffic.begin();
    expect([traffic.seconds, traffic.byName.size]).toEqual([0, 0]);
    count('a', '200');
    count('b', '200');
    traffic.step(1);
    const events = [...traffic.byName].map(([name, counts]) => [name, counts.events]);
    expect([traffic.seconds, events]).toEqual([1, [['a', 1], ['b', 1]]]); // prettier-ignore
  });

  test('has a name once, whatever its series', () => {
    const { traffic, count } = counting();
    traffic.begin();
    count('a', '200', 0.05, 'GET');
    count('a', '200', 0.5, 'PUT');
    traffic.step(1);
    expect(traffic.byName.get('a')).toMatchObject({
      events: 2,
      buckets: new Float64Array([1, 1, 0]),
    });
  });

  test('forgets what is ten steps ago', () => {
    const { traffic, count } = counting();
    traffic.begin();
    count('a', '200');
    for (let i = 0; i < 10; i++) traffic.step(1);
    expect([traffic.seconds, traffic.byName.get('a')?.events]).toEqual([10, 1]);
    traffic.step(1);
    expect([traffic.seconds, traffic.byName.size]).toEqual([10, 0]);
  });

  test('tells failures from refusals: a code is a failure, an unregistered status is neither', () => {
    const { traffic, count } = counting();
    traffic.begin();
    for (const status of ['200', '404', '429', '500', '503', 'GW_UPSTREAM_CONNECT', 'other']) {
      count('a', status);
    }
    traffic.step(1);
    expect(traffic.byName.get('a')).toMatchObject({ events: 7, errors: 3, refusals: 2 });
  });

  test('never counts below zero when a target is gone, and counts a series that begins anew', () => {
    const { tally, traffic, count } = counting();
    count('a', '500');
    traffic.begin();
    tally.forget(['a', 'GET'], ['t']);
    count('a', '200');
    traffic.step(1);
    expect(traffic.byName.get('a')).toMatchObject({ events: 1, errors: 0 });
    tally.forgetAll('route', new Set(['a']));
    count('a', '500');
    traffic.step(1);
    expect(traffic.byName.get('a')).toMatchObject({ events: 2, errors: 1 });
  });

  test('adds up', () => {
    const { traffic, count } = counting();
    traffic.begin();
    count('a', '500');
    count('b', '404');
    traffic.step(1);
    const sum = sumOfCounts([...traffic.byName.values()]);
    expect(sum).toMatchObject({ events: 2, errors: 1, refusals: 1 });
    expect(sumOfCounts([]).events).toBe(0);
  });
});

describe('a quantile', () => {
  test.each([
    [0.5, [10, 0, 0], 0.05],
    [0.99, [0, 10, 0], 0.991],
    [0.5, [5, 5, 0], 0.1],
    [0.75, [5, 5, 0], 0.55],
    [0.5, [0, 0, 3], 1],
  ])('%d of %j is interpolated within its bucket: %d', (share, buckets, seconds) => {
    expect(quantile(share, new Float64Array(buckets), BOUNDS)).toBeCloseTo(seconds);
  });

  test('of nothing is not there', () => {
    expect(quantile(0.5, new Float64Array(3), BOUNDS)).toBeUndefined();
  });
});
