import { describe, expect, test } from 'vitest';
import { ExpiringMap } from '../../plugins/api-key/expiring-map.ts';

describe('an expiring map', () => {
  test('has fresh values until their age, and remembers the last one', () => {
    const map = new ExpiringMap<number>({ maxAgeMs: 10, maxSize: 2 });
    map.set('a', 1, 0);
    expect([map.fresh('a', 9), map.fresh('a', 10), map.last('a')]).toEqual([1, undefined, 1]);
    map.delete('a');
    expect(map.last('a')).toBeUndefined();
  });

  test('is bounded: what was set longest ago makes room', () => {
    const map = new ExpiringMap<number>({ maxAgeMs: 10, maxSize: 2 });
    for (const key of ['a', 'b', 'a', 'c']) map.set(key, 1, 0);
    expect(['a', 'b', 'c'].filter((key) => map.last(key) !== undefined)).toEqual(['a', 'c']);
  });
});
