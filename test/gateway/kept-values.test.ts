import { describe, expect, test } from 'vitest';
import { KeptValues } from '../../src/assembly/kept-values.ts';

describe('a value that a plugin keeps', () => {
  const one = {};
  const next = {};

  test('is passed to the next generation while its settings are equal', () => {
    const kept = new KeptValues();
    const first = kept.keep(one, 'counts', { a: [1] }, () => ({}));
    expect(kept.keep(next, 'counts', { a: [1] }, () => ({}))).toBe(first);
    expect(kept.keep(next, 'other', { a: [1] }, () => ({}))).not.toBe(first);
  });

  test('is made again for other settings, beside the old one', () => {
    const kept = new KeptValues();
    const first = kept.keep(one, 'counts', { a: 1 }, () => ({}));
    const second = kept.keep(next, 'counts', { a: 2 }, () => ({}));
    expect(second).not.toBe(first);
    expect(kept.keep(one, 'counts', { a: 1 }, () => ({}))).toBe(first);
  });

  test('is disposed of once no generation uses it', () => {
    const disposed: string[] = [];
    const kept = new KeptValues();
    const keep = (generation: object, key: string) =>
      kept.keep(
        generation,
        key,
        {},
        () => key,
        (value) => void disposed.push(value),
      );
    keep(one, 'shared');
    keep(one, 'own');
    keep(next, 'shared');

    void kept.release(one);
    expect(disposed).toEqual(['own']);
    void kept.release(next);
    void kept.release(next);
    expect(disposed).toEqual(['own', 'shared']);
  });
});
