import { describe, expect, test } from 'vitest';
import { TRACE_LIMITS, Traces } from '../../src/observe/traces.ts';
import { manualClock } from '../helpers/clock.ts';

const { kept, keptMs, bytes, used } = TRACE_LIMITS;

function started() {
  const clock = manualClock();
  const traces = new Traces(clock);
  const keep = (id: string, text = `{"id":"${id}"}`): void =>
    traces.keep(id, Promise.resolve(text));
  return { clock, traces, keep };
}

describe('traces', () => {
  test('are kept for five minutes, and then forgotten', async () => {
    const { clock, traces, keep } = started();
    keep('a');
    clock.advance(keptMs - 1);
    expect(await traces.find('a')).toBe('{"id":"a"}');
    clock.advance(1);
    expect(await traces.find('a')).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test('leave memory by themselves, though nobody asks', () => {
    const { clock, traces, keep } = started();
    keep('a');
    clock.advance(keptMs / 2);
    keep('b');
    clock.advance(2 * keptMs);
    expect(clock.pending).toBe(0);
    traces.close();
  });

  test('make room for newer ones', async () => {
    const { traces, keep } = started();
    for (let i = 0; i <= kept; i++) keep(`${i}`);
    expect(await traces.find('0')).toBeUndefined();
    expect(await traces.find('1')).toBeDefined();
    expect(await traces.find(`${kept}`)).toBeDefined();
  });

  test('have a bounded size together', async () => {
    const { traces, keep } = started();
    const quarter = 'x'.repeat(bytes / 4);
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      keep(id, quarter);
      await traces.find(id);
    }
    expect(await traces.find('a')).toBeUndefined();
    expect(await traces.find('b')).toBeDefined();
    expect(await traces.find('e')).toBeDefined();
  });

  test('count what a trace of the same id had no more', async () => {
    const { traces, keep } = started();
    for (let i = 0; i < 10; i++) {
      keep('same', 'x'.repeat(bytes / 2));
      await traces.find('same');
    }
    keep('other', 'x'.repeat(bytes / 2));
    await traces.find('other');
    expect(await traces.find('same')).toBeDefined();
  });

  test('that cannot be made are not there', async () => {
    const { traces } = started();
    traces.keep('a', Promise.reject(new Error('broken')));
    expect(await traces.find('a')).toBeUndefined();
    expect(await traces.find('a')).toBeUndefined();
  });

  test('are gone when the gateway closes', async () => {
    const { clock, traces, keep } = started();
    keep('a');
    traces.close();
    expect(clock.pending).toBe(0);
    expect(await traces.find('a')).toBeUndefined();
  });
});

describe('a nonce', () => {
  test('is claimed once while its signature is valid', () => {
    const { clock, traces } = started();
    expect(traces.claim('n', 60_000)).toBe(true);
    expect(traces.claim('n', 60_000)).toBe(false);
    clock.advance(59_999);
    expect(traces.claim('n', 1)).toBe(false);
  });

  test('is remembered up to a number; beyond it nothing is claimed until some have ended', () => {
    const { clock, traces } = started();
    for (let i = 0; i < used; i++) expect(traces.claim(`${i}`, 60_000)).toBe(true);
    expect(traces.claim('more', 60_000)).toBe(false);
    clock.advance(60_000);
    expect(traces.claim('more', 60_000)).toBe(true);
  });
});
