import { describe, expect, test } from 'vitest';
import { Counts } from '../../src/observe/counts.ts';
import { Families } from '../../src/observe/families.ts';

const linesOf = (counts: Counts): string[] =>
  [...counts.lines(false)].map((line) => line.trimEnd());

describe('a counter', () => {
  test('without labels begins at 0', () => {
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: [] });
    expect(linesOf(counts)).toEqual(['a_total 0']);
    counts.inc({}, 2);
    expect(linesOf(counts)).toEqual(['a_total 2']);
  });

  test('takes an absent label and an empty one for the same', () => {
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: ['x', 'y'] });
    counts.inc({ x: '1' });
    counts.inc({ x: '1', y: '' });
    expect(linesOf(counts)).toEqual(['a_total{x="1"} 2']);
  });

  test('takes a number for its text: plugins may be JavaScript', () => {
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: ['status'] });
    counts.inc({ status: 200 as never });
    counts.inc({ status: '200' });
    expect(linesOf(counts)).toEqual(['a_total{status="200"} 2']);
  });

  test('collects before its numbers are read', () => {
    const collect = (): void => counts.inc({ x: '1' }, 2);
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: ['x'], collect });
    expect([linesOf(counts), linesOf(counts)]).toEqual([
      ['a_total{x="1"} 2'],
      ['a_total{x="1"} 4'],
    ]);
  });

  test('counts what comes after its last series as "other"', () => {
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: ['user'], mostSeries: 2 });
    for (const user of ['ann', 'bob', 'eve', 'joe', 'ann']) counts.inc({ user });
    const held = ['a_total{user="ann"} 2', 'a_total{user="bob"} 1'];
    expect(linesOf(counts)).toEqual([...held, 'a_total{user="other"} 2']);
  });

  test('has room again when a series is dropped', () => {
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: ['user'], mostSeries: 1 });
    counts.inc({ user: 'ann' });
    counts.forget('user', new Set(['ann']));
    counts.inc({ user: 'bob' });
    expect(linesOf(counts)).toEqual(['a_total{user="bob"} 1']);
  });

  test.each([0, 1])('drops the series with a value of the label at place %i', (place) => {
    const labels = place === 0 ? ['route', 'x'] : ['x', 'route'];
    const counts = new Counts({ name: 'a_total', help: 'A.', labels });
    for (const route of ['kept', 'gone']) counts.inc({ route, x: 'gone' });
    counts.forget('route', new Set(['gone']));
    counts.forget('upstream', new Set(['gone']));
    expect(linesOf(counts).length).toBe(1);
    expect(linesOf(counts)[0]).toContain('route="kept"');
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('does not grow by %d', (by) => {
    const counts = new Counts({ name: 'a_total', help: 'A.', labels: [] });
    expect(() => counts.inc({}, by)).toThrow(TypeError);
  });

  test('refuses a label that it does not have, and names that Prometheus cannot read', () => {
    const counts = new Counts<string>({ name: 'a_total', help: 'A.', labels: ['x'] });
    expect(() => counts.inc({ y: '1' })).toThrow('a_total has no label "y"');
    expect(() => new Counts({ name: 'a b', help: 'A.', labels: [] })).toThrow('"a b"');
    expect(() => new Counts({ name: 'a', help: 'A.', labels: ['x-y'] })).toThrow('"x-y"');
  });
});

describe('the counter of a plugin', () => {
  test('is the same one in each generation', () => {
    const families = new Families();
    const first = families.pluginCounter('seen_total', 'Seen.', ['route']);
    expect(families.pluginCounter('seen_total', 'Seen.', ['route'])).toBe(first);
    expect(families.pluginCounter('portico_seen_total', 'Seen.', ['route'])).toBe(first);
  });

  test('cannot be one of the gateway, or one of another plugin with other labels', () => {
    const families = new Families();
    families.counter('portico_errors_total', 'Ours.', ['route']);
    families.pluginCounter('seen_total', 'Seen.', ['route']);
    expect(() => families.pluginCounter('errors_total', 'Mine.', ['route'])).toThrow(TypeError);
    expect(() => families.pluginCounter('seen_total', 'Seen.', ['part'])).toThrow(
      'there is a metric portico_seen_total already, with other labels',
    );
  });
});
