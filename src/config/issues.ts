/** From what the schema found wrong to what a person should read. */
import type { z } from 'zod';
import type { Finding, Path } from './fault.ts';
import { keysAt } from './schema-keys.ts';
import { hint } from './suggest.ts';
import { shown } from './types.ts';

type Issue = z.core.$ZodIssue;

/** Every fault of `value` against `schema`; `root` is where it stands in the config. */
export function findingsOf(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
  root: Path = [],
): Finding[] {
  return issues.flatMap((issue) => translate(schema, value, issue, root));
}

function translate(schema: z.ZodType, value: unknown, issue: Issue, root: Path): Finding[] {
  const local = issue.path as Path;
  const path = [...root, ...local];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key' as const,
        message: `unknown key${hint(key, keysAt(schema, local))}`,
      }));
    case 'invalid_union':
      return union(schema, value, issue, root);
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, at: 'key' as const, message }));
    default:
      return [{ path, message: describe(issue, valueAt(value, local)) }];
  }
}

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** A union's fault is that of the branch that was meant: the one whose kind of value was given. */
function union(schema: z.ZodType, value: unknown, issue: UnionIssue, root: Path): Finding[] {
  const local = issue.path as Path;
  const meant = issue.errors
    .filter((branch) => !branch.some(isKindMismatch))
    .toSorted((a, b) => a.length - b.length)[0];
  if (meant !== undefined) {
    const below = meant.map((inner) => ({ ...inner, path: [...local, ...inner.path] }));
    return findingsOf(schema, value, below, root);
  }
  const wanted = [...new Set(issue.errors.flatMap((branch) => branch.map(wantedBy)))];
  const found = shown(valueAt(value, local));
  const message = `expected ${wanted.join(' or ')}, found ${found}${nearWord(wanted, valueAt(value, local))}`;
  return [{ path: [...root, ...local], message }];
}

/** Was another kind of value given than this branch wants? */
function isKindMismatch(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function wantedBy(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    return (
      /^expected (.*), found /.exec(issue.message)?.[1] ?? KINDS[issue.expected] ?? issue.expected
    );
  }
  if (issue.code === 'invalid_value') return issue.values.map((each) => shown(each)).join(', ');
  if (issue.code === 'invalid_union') {
    return issue.errors.flatMap((branch) => branch.map(wantedBy)).join(' or ');
  }
  return issue.message;
}

function nearWord(wanted: readonly string[], value: unknown): string {
  if (typeof value !== 'string') return '';
  const words = wanted.flatMap((text) => [...text.matchAll(/"([^"]+)"/g)].map(([, word]) => word!));
  const near = hint(value, words);
  return near.startsWith(';') ? near : '';
}

function describe(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return 'is missing';
      if (issue.message.startsWith('expected ')) return issue.message;
      return `expected ${KINDS[issue.expected] ?? issue.expected}, found ${shown(value)}`;
    case 'invalid_value': {
      if (value === undefined) return 'is missing';
      const words = issue.values.map(String);
      const near = typeof value === 'string' ? hint(value, words) : '';
      const suffix = near.startsWith(';') ? near : '';
      return `expected ${words.join(', ')}, found ${shown(value)}${suffix}`;
    }
    case 'too_small':
      return bound(issue, 'at least', issue.minimum, issue.inclusive ?? true, value);
    case 'too_big':
      return bound(issue, 'at most', issue.maximum, issue.inclusive ?? true, value);
    default:
      return issue.message;
  }
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
  if (issue.origin === 'array') return `needs ${relation} ${limit} entries`;
  if (issue.origin === 'string') return `must not be ${limit === 1 ? 'empty' : 'this short'}`;
  return `must be ${relation} ${limit}, found ${shown(value)}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined,
    value,
  );
}
