import { describe, expect, test } from 'vitest';
import { Timeouts } from '../../src/core/timeouts.ts';
import { manualClock } from '../helpers/clock.ts';

function started(ms: number) {
  const clock = manualClock();
  const timeouts = new Timeouts(ms, clock);
  const fired: string[] = [];
  return {
    clock,
    fired,
    start: (name: string) => timeouts.start(() => fired.push(name)),
    timeouts,
  };
}

describe('timeouts of one length', () => {
  test('each fires after its own time, once', () => {
    const { clock, fired, start } = started(100);
    start('a');
    clock.advance(40);
    start('b');
    clock.advance(59);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual(['a']);
    clock.advance(39);
    expect(fired).toEqual(['a']);
    clock.advance(1);
    expect(fired).toEqual(['a', 'b']);
    clock.advance(1_000);
    expect(fired).toEqual(['a', 'b']);
  });

  test.each([
    ['the first', [0], ['b', 'c']],
    ['one between', [1], ['a', 'c']],
    ['the last', [2], ['a', 'b']],
    ['one after another', [1, 0], ['c']],
    ['all but the first', [2, 1], ['a']],
    ['one twice', [1, 1], ['a', 'c']],
  ])('%s is stopped: the others fire', (_which, stopped, left) => {
    const { clock, fired, start } = started(100);
    const all = ['a', 'b', 'c'].map((name) => {
      clock.advance(10);
      return start(name);
    });
    for (const index of stopped) all[index]?.stop();
    clock.advance(200);
    expect(fired).toEqual(left);
  });

  test('one timer of the clock serves all of them, and none runs when all are stopped', () => {
    const { clock, start } = started(100);
    const all = ['a', 'b', 'c'].map(start);
    expect(clock.pending).toBe(1);
    for (const each of all) each.stop();
    expect(clock.pending).toBe(0);
    start('d');
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  test('what fires may start and stop others', () => {
    const { clock, fired, start, timeouts } = started(100);
    timeouts.start(() => {
      fired.push('first');
      last.stop();
      start('next');
    });
    const last = start('last');
    clock.advance(100);
    expect(fired).toEqual(['first']);
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(fired).toEqual(['first', 'next']);
    expect(clock.pending).toBe(0);
  });

  test('one that fails does not keep the others from their time', () => {
    const { clock, fired, start, timeouts } = started(100);
    timeouts.start(() => {
      throw new Error('a bug');
    });
    clock.advance(50);
    start('later');
    expect(() => clock.advance(50)).toThrow('a bug');
    clock.advance(50);
    expect(fired).toEqual(['later']);
  });
});
