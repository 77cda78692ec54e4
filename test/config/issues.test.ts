import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findingsOf } from '../../src/config/check/issues.ts';
import { formatPath } from '../../src/config/fault.ts';
import { oneOrMore, orFalse } from '../../src/config/schema/types.ts';

/** `path: message`, for each finding. */
function told(schema: z.ZodType, value: unknown): string[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) throw new Error('nothing is wrong with it');
  return findingsOf(schema, value, parsed.error.issues).map(
    ({ path, message }) => `${formatPath(path)}: ${message}`,
  );
}

const at = (schema: z.ZodType, value: unknown): string[] =>
  told(z.strictObject({ k: schema }), { k: value });

const Ratio = z.strictObject({ ratio: z.number(), window: z.string().optional() });
const Count = z.strictObject({ count: z.int().min(1), window: z.string().optional() });
const Breaker = orFalse(z.union([Ratio, Count]));

describe('false or a map', () => {
  test('tells of the map where a map is given', () => {
    expect(at(Breaker, { ratio: 'x' })).toEqual(['k.ratio: expected a number, found "x"']);
    expect(at(Breaker, { count: 0 })).toEqual(['k.count: must be at least 1, found 0']);
    expect(at(Breaker, { count: 1.5 })).toEqual(['k.count: expected a whole number, found 1.5']);
    expect(at(orFalse(Ratio), {})).toEqual(['k.ratio: is missing']);
  });

  test('tells of both where something else is given', () => {
    expect(at(Breaker, true)).toEqual(['k: expected false or a map, found true']);
    expect(at(Breaker, 'off')).toEqual(['k: expected false or a map, found "off"']);
    expect(at(Breaker, [1])).toEqual(['k: expected false or a map, found a list']);
    expect(at(Breaker, null)).toEqual(['k: expected false or a map, found nothing']);
  });

  test('that is not there is missing', () => {
    expect(told(z.strictObject({ k: Breaker }), {})).toEqual(['k: is missing']);
  });
});

describe('one of several maps', () => {
  test('is the one that knows more of the keys', () => {
    expect(at(Breaker, { count: 1, windw: '1s' })).toEqual([
      'k.windw: unknown key; did you mean "window"?',
    ]);
    expect(at(Breaker, { cuont: 3 })).toEqual(['k.cuont: unknown key; did you mean "count"?']);
  });

  test('is not the one that has a default for all it lacks', () => {
    const Default = z.strictObject({ ratio: z.number().default(0.5) });
    expect(at(z.union([Default, Count]), { count: 0 })).toEqual([
      'k.count: must be at least 1, found 0',
    ]);
  });

  test('does not take the keys of two', () => {
    expect(at(Breaker, { ratio: 0.5, count: 3 })).toEqual([
      'k.count: cannot be combined with "ratio"',
    ]);
  });
});

describe('one or a list of them', () => {
  const Names = oneOrMore(z.string().min(1));

  test('tells of the entry that is wrong', () => {
    expect(at(oneOrMore(Ratio), [{ ratio: 1 }, { ratoi: 1 }])).toEqual([
      'k[1].ratoi: unknown key; did you mean "ratio"?',
    ]);
    expect(at(Names, ['a', 5])).toEqual(['k[1]: expected text, found 5; write it in quotes']);
    expect(at(Names, [])).toEqual(['k: needs at least 1 entry']);
  });

  test('tells of both where neither is given', () => {
    expect(at(Names, 5)).toEqual(['k: expected text or a list, found 5']);
    expect(at(Names, '')).toEqual(['k: must not be empty']);
  });
});

describe('words and numbers', () => {
  const On = z.union([z.enum(['connect', 'reset']), z.int().min(500).max(599)]);

  test('tell the bound that was passed, or the word that is near', () => {
    expect(at(On, 404)).toEqual(['k: must be at least 500, found 404']);
    expect(at(On, 600)).toEqual(['k: must be at most 599, found 600']);
    expect(at(On, 'conect')).toEqual([
      'k: expected "connect", "reset" or a number, found "conect"; did you mean "connect"?',
    ]);
    expect(at(On, 'banana')).toEqual([
      'k: expected "connect", "reset" or a number, found "banana"',
    ]);
  });

  test('in quotes are told so', () => {
    expect(at(z.number(), '8080')).toEqual([
      'k: expected a number, found "8080"; write it without quotes',
    ]);
    expect(at(z.int(), '-1')).toEqual([
      'k: expected a number, found "-1"; write it without quotes',
    ]);
    expect(at(z.boolean(), 'true')).toEqual([
      'k: expected true or false, found "true"; write it without quotes',
    ]);
    expect(at(z.boolean(), 'yes')).toEqual(['k: expected true or false, found "yes"']);
    expect(at(z.int(), Infinity)).toEqual(['k: expected a number, found Infinity']);
    expect(at(z.literal(1), '1')).toEqual(['k: expected 1, found "1"; write it without quotes']);
  });

  test('of a list are listed', () => {
    const Level = z.enum(['info', 'warn']);
    expect(at(Level, 'wran')).toEqual([
      'k: expected one of info, warn, found "wran"; did you mean "warn"?',
    ]);
    expect(at(Level, 'x')).toEqual(['k: expected one of info, warn, found "x"']);
    expect(told(z.strictObject({ k: Level }), {})).toEqual(['k: is missing']);
  });
});

describe('bounds', () => {
  test.each([
    [z.int().min(1), 0, 'must be at least 1, found 0'],
    [z.int().max(9), 10, 'must be at most 9, found 10'],
    [z.number().gt(0), 0, 'must be more than 0, found 0'],
    [z.number().lt(1), 1, 'must be less than 1, found 1'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(32), 'hunter2', 'must be at least 32 characters long'],
    [z.string().max(1), 'ab', 'must be at most 1 character long'],
    [z.array(z.int()).min(2), [1], 'needs at least 2 entries'],
    [z.array(z.int()).max(1), [1, 2], 'needs at most 1 entry'],
    [z.string().regex(/^[A-Z]+$/), 'get', '"get" does not match /^[A-Z]+$/'],
    [z.string().regex(/^[A-Z]+$/, 'must be in capitals'), 'get', 'must be in capitals'],
    [z.string().refine((text) => text === 'a', 'must be a'), 'b', 'must be a'],
  ])('are told: %o, %o', (schema, value, message) => {
    expect(at(schema, value)).toEqual([`k: ${message}`]);
  });

  test('do not show a text that is long', () => {
    const [message] = at(z.number(), 'x'.repeat(100));
    expect(message).toBe(`k: expected a number, found "${'x'.repeat(56)}..."`);
  });
});

describe('keys', () => {
  const Map = z.strictObject({ name: z.string(), size: z.int().optional() });

  test('that are misspelt are not missing besides', () => {
    expect(at(Map, { nmae: 'x' })).toEqual(['k.nmae: unknown key; did you mean "name"?']);
    expect(at(Map, { title: 'x' })).toEqual([
      'k.name: is missing',
      'k.title: unknown key (known: name, size)',
    ]);
    expect(at(z.strictObject({}), { a: 1 })).toEqual(['k.a: unknown key']);
  });

  test('of records are told by the schema of the key', () => {
    const Names = z.record(z.string().regex(/^[a-z]$/, 'is not a letter'), z.int());
    expect(at(Names, { ab: 1, c: 'x' })).toEqual([
      'k.ab: is not a letter',
      'k.c: expected a number, found "x"',
    ]);
  });
});
