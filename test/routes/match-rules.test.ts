import { describe, expect, test } from 'vitest';
import type { MatchResult } from '../../src/routes/matcher.ts';
import { matcherOf, nameOf } from './match.ts';
import { COOKIES, FIELDS, QUERIES } from './match-rules/fields.ts';
import { HOSTS, METHODS } from './match-rules/hosts-and-methods.ts';
import { PATHS } from './match-rules/paths.ts';
import { PRECEDENCE, SEVERAL } from './match-rules/precedence.ts';

const RULES = { PATHS, HOSTS, METHODS, FIELDS, QUERIES, COOKIES, PRECEDENCE, SEVERAL };

const winnerOf = (result: MatchResult): string => nameOf(result).replace(/^400 .*/, '400');

describe.each(Object.entries(RULES))('%s, by the rules of HTTPRoute', (_topic, rules) => {
  test.each(rules)('$rule', async ({ routes, rows }) => {
    const find = await matcherOf(routes);
    const served = rows.map(([path, asked]) => [path, asked, winnerOf(find(path, asked))]);
    expect(served).toEqual(rows);
  });
});

test('the table has at least 150 requests, and says where this house decides otherwise', () => {
  const all = Object.values(RULES).flat();
  expect(all.flatMap(({ rows }) => rows).length).toBeGreaterThanOrEqual(150);
  expect(all.filter(({ otherwise }) => otherwise !== undefined).length).toBeGreaterThan(10);
});
