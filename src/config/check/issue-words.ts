/** Words the schema's findings: `expected …, found …`. */
import type { z } from 'zod';
import { hint } from './suggest.ts';
import { shown } from '../schema/types.ts';

export type Issue = z.core.$ZodIssue;

export const MISSING = 'is missing';
/** How a message on a number or truth value in quotes ends. */
export const UNQUOTED = '; write it without quotes';

const KINDS: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** What a branch of a union wants, in a word. */
export function wantedBy(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    return /^expected (.*), found /.exec(issue.message)?.[1] ?? kindOf(issue.expected);
  }
  return issue.code === 'invalid_value'
    ? issue.values.map((each) => shown(each)).join(', ')
    : issue.message;
}

const kindOf = (expected: string): string => KINDS[expected] ?? expected;

/** The hint at one of the words in `wanted`, where `value` was meant to be it. */
export function nearWord(wanted: readonly string[], value: unknown): string {
  if (typeof value !== 'string') return '';
  const words = wanted.flatMap((text) => [...text.matchAll(/"([^"]+)"/g)].map(([, word]) => word!));
  return did(hint(value, words));
}

/** A hint that names the right word; not a list of all. */
const did = (text: string): string => (text.startsWith(';') ? text : '');

/** What is wrong with `value`, and what would be right. */
export function describe(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return MISSING;
      if (issue.message.startsWith('expected ')) return issue.message;
      return `expected ${kindOf(issue.expected)}, found ${shown(value)}${unquoted(issue.expected, value)}`;
    case 'invalid_value':
      return value === undefined ? MISSING : oneOf(issue.values, value);
    case 'invalid_format':
      return issue.format === 'regex' && issue.message.startsWith('Invalid')
        ? `${shown(value)} does not match ${issue.pattern}`
        : issue.message;
    case 'too_small':
      return bound(issue, 'at least', issue.minimum, issue.inclusive ?? true, value);
    case 'too_big':
      return bound(issue, 'at most', issue.maximum, issue.inclusive ?? true, value);
    default:
      return issue.message;
  }
}

function oneOf(values: readonly unknown[], value: unknown): string {
  const words = values.map(String);
  const wanted = words.length > 1 ? `one of ${words.join(', ')}` : words[0]!;
  const near = words.includes(String(value))
    ? unquoted(typeof values[0], value)
    : typeof value === 'string' && typeof values[0] === 'string'
      ? did(hint(value, words))
      : '';
  return `expected ${wanted}, found ${shown(value)}${near}`;
}

/** Numbers and truth values that were made text by quotes, and text that became one without. */
function unquoted(expected: string, value: unknown): string {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return '; write it in quotes';
  }
  const isMeant =
    typeof value === 'string' &&
    (expected === 'boolean'
      ? /^(true|false)$/.test(value)
      : /^(number|int)$/.test(expected) && /^-?\d+(\.\d+)?$/.test(value));
  return isMeant ? UNQUOTED : '';
}

function bound(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  words: string,
  limit: number | bigint,
  inclusive: boolean,
  value: unknown,
): string {
  const strict = words === 'at least' ? 'more than' : 'less than';
  const relation = inclusive ? words : strict;
  if (issue.origin === 'array')
    return `needs ${relation} ${limit} ${plural(limit, 'entry', 'entries')}`;
  if (issue.origin === 'string') {
    if (value === '') return 'must not be empty';
    return `must be ${relation} ${limit} ${plural(limit, 'character', 'characters')} long`;
  }
  return `must be ${relation} ${limit}, found ${shown(value)}`;
}

const plural = (count: number | bigint, one: string, many: string): string =>
  Number(count) === 1 ? one : many;
