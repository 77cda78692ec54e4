import { describe, expect, test } from 'vitest';
import { parseMemberPath } from '../../../src/core/member-path.ts';
import { readJson } from '../../../src/core/json.ts';
import { DiffRules } from '../../../src/routes/mirror/diff-rules.ts';
import { diff, type Differences } from '../../../src/routes/mirror/differ.ts';
import { CASES, type DifferCase } from './differ.cases.ts';

const distinct = (text: string): unknown => readJson(Buffer.from(text)).distinct;

function differencesOf(each: Omit<DifferCase, 'rule' | 'found'>, most = 20): Differences {
  const rules = DiffRules.of({
    ignore: (each.ignore ?? []).map(parseMemberPath),
    unordered: (each.unordered ?? []).map(parseMemberPath),
    dates: (each.dates ?? []).map(parseMemberPath),
    tolerance: Object.entries(each.tolerance ?? {}).map(([at, by]) => [parseMemberPath(at), by]),
  });
  const work = diff(distinct(each.first), distinct(each.second), rules, most);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

describe('the differ finds', () => {
  test.each(CASES)('$rule', (each) => {
    const { found, isCut } = differencesOf(each);
    expect(found.map(({ path, kind }) => [path, kind])).toEqual(each.found);
    expect(isCut).toBe(false);
  });

  test('no more differences than are wanted, and says that there are more', () => {
    const list = (value: number): string => JSON.stringify(Array.from({ length: 9 }, () => value));
    const { found, isCut } = differencesOf({ first: list(1), second: list(2) }, 3);
    expect(found.map(({ path }) => path)).toEqual(['[0]', '[1]', '[2]']);
    expect(isCut).toBe(true);
  });

  test('one field for all members of a list', () => {
    const { found } = differencesOf({
      first: '{"items":[{"p":1},{"p":1}]}',
      second: '{"items":[{"p":2},{"p":2}]}',
    });
    expect(found.map(({ field }) => field)).toEqual(['items[].p', 'items[].p']);
  });

  test('its way through the deepest answer that is read, and through the longest list, in steps', () => {
    const deep = `${'['.repeat(127)}1${']'.repeat(127)}`;
    expect(differencesOf({ first: deep, second: deep.replace('1', '2') }).found).toHaveLength(1);
    const long = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => i));
    const work = diff(distinct(long), distinct(long.replace('99999', '1')), DiffRules.none, 20);
    let steps = 0;
    while (work.next().done !== true) steps += 1;
    expect(steps).toBeGreaterThan(100);
  });

  test('a short name for a field whose name is as long as a body', () => {
    const name = 'x'.repeat(100_000);
    const { found } = differencesOf({ first: `{"${name}":1}`, second: '{}' });
    expect(found[0]!.path.length).toBeLessThan(80);
  });
});

describe('a member path', () => {
  test.each([
    ['$.updatedAt', 'begins with $: leave it out'],
    ['items[0].id', '[] stands for every member of a list, and one of them cannot be named'],
    ['items[*]', '[] stands for every member'],
    ['a..b', 'write names with dots between them'],
    ['a.', 'write names'],
    ['', 'write names'],
    ['a b', 'quote a name'],
    ['a.[]', 'write names'],
  ])('refuses %j and says what would be right', (text, why) => {
    expect(() => parseMemberPath(text)).toThrow(why);
  });
});
