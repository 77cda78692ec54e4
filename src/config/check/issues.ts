/** Translates what the schema found into what people should read. */
import type { z } from 'zod';
import { called, exampleAt, foreignValue, foreignWord } from './foreign-hints.ts';
import { formatPath, type Finding, type Path } from '../fault.ts';
import { describe, type Issue, MISSING, nearWord, wantedBy } from './issue-words.ts';
import { keySetsAt } from '../schema/keys.ts';
import { hint, nearest } from './suggest.ts';
import { isMap } from '../yaml/tree.ts';
import { shown } from '../schema/types.ts';

type UnionIssue = Extract<Issue, { code: 'invalid_union' }>;

/** Every fault of `value` against `schema`; a key that is misspelt is not missing besides. */
export function findingsOf(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
): readonly Finding[] {
  const meant = new Set<string>();
  const told = issues.flatMap((issue) => translate({ schema, value, meant }, issue));
  return told.filter(({ path, message }) => message !== MISSING || !meant.has(formatPath(path)));
}

interface Context {
  readonly schema: z.ZodType;
  readonly value: unknown;
  /** Paths that misspelt keys were meant to be. */
  readonly meant: Set<string>;
}

function translate(context: Context, issue: Issue): Finding[] {
  const path = issue.path as Path;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(context, path, key));
    case 'invalid_union':
      return union(context, issue);
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, at: 'key' as const, message }));
    default:
      return [{ path, message: described(issue, path, valueAt(context.value, path)) }];
  }
}

function unknownKey({ schema, value, meant }: Context, path: Path, key: string): Finding {
  const at = { path: [...path, key], at: 'key' as const };
  const forms = keySetsAt(schema, path);
  const known = [...new Set(forms.flat())];
  if (known.includes(key)) {
    // A form of the map has it, and another key of the map belongs to another form.
    const map = valueAt(value, path);
    const form = forms.find((keys) => keys.includes(key))!;
    const others = Object.keys(isMap(map) ? map : {}).filter((other) => !form.includes(other));
    return {
      ...at,
      message: `cannot be combined with ${others.map((each) => `"${each}"`).join(', ')}`,
    };
  }
  const [name = '', ...glued] = key.split(':');
  // `{ path:/a }` is one word to YAML.
  if (glued.length > 0 && known.includes(name)) {
    meant.add(formatPath([...path, name]));
    return { ...at, message: `unknown key; put a space after the colon of "${name}"` };
  }
  const near = nearest(key, known);
  const foreign = foreignWord(path, key);
  if (foreign !== undefined && (foreign.means === undefined || foreign.means !== near)) {
    if (foreign.means !== undefined) meant.add(formatPath([...path, foreign.means]));
    return { ...at, message: `unknown key${called(foreign)}` };
  }
  if (near !== undefined) meant.add(formatPath([...path, near]));
  return { ...at, message: `unknown key${hint(key, known)}` };
}

/** A union's fault is that of the branch that was meant: the one whose kind of value was given. */
function union(context: Context, issue: UnionIssue): Finding[] {
  const path = issue.path as Path;
  const value = valueAt(context.value, path);
  if (value === undefined) return [{ path, message: MISSING }];
  const branches = branchesOf(issue);
  const known = [...new Set(keySetsAt(context.schema, path).flat())];
  const meant = branches
    .filter((branch) => !branch.some(isKindMismatch))
    .toSorted(
      (a, b) => strangers(a) - strangers(b) || gaps(a, path, known) - gaps(b, path, known),
    )[0];
  if (meant !== undefined) {
    return meant.flatMap((inner) =>
      translate(context, { ...inner, path: [...path, ...inner.path] }),
    );
  }
  const wanted = [...new Set(branches.flatMap((branch) => branch.map(wantedBy)))];
  const near = nearWord(wanted, value) || otherWord(path, value) || howWritten(wanted, path, value);
  const message = `expected ${wanted.join(' or ')}, found ${shown(value)}${near}`;
  return [{ path, message }];
}

function described(issue: Issue, path: Path, value: unknown): string {
  const message = describe(issue, value);
  const isPlain = issue.code === 'invalid_type' && value !== undefined && !message.includes(';');
  return isPlain ? message + howWritten([wantedBy(issue)], path, value) : message;
}

/** A word of another gateway for a value. */
function otherWord(path: Path, value: unknown): string {
  const meant = typeof value === 'string' ? foreignValue(path, value) : undefined;
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** How to write a map or list, if there is something else. */
function howWritten(wanted: readonly string[], path: Path, value: unknown): string {
  const wantsMap = wanted.includes('a map');
  const wantsList = wanted.includes('a list');
  if (!wantsMap && !wantsList) return '';
  if (typeof value === 'string' && wantsMap && /^\w+:(?!\/\/)\S/.test(value)) {
    return '; put a space after the colon of a key';
  }
  if (typeof value === 'string' && wantsList && /^-\S/.test(value)) {
    return '; put a space after the - of an entry';
  }
  const example = exampleAt(path);
  if (example !== undefined) return `; write ${example}`;
  return wantsList && typeof value === 'string' ? '; write a list as [a, b]' : '';
}

/** The branches of a union, and of the unions that are its branches. */
function branchesOf(issue: UnionIssue): (readonly Issue[])[] {
  return issue.errors.flatMap((branch) => {
    const [only] = branch;
    const isUnion = branch.length === 1 && only?.code === 'invalid_union';
    return isUnion && only.path.length === 0 ? branchesOf(only) : [branch];
  });
}

/** Was another kind of value given than this branch wants? */
function isKindMismatch(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

/** Keys that a branch does not know. */
const strangeKeys = (branch: readonly Issue[]): readonly string[] =>
  branch.flatMap((each) => (each.code === 'unrecognized_keys' ? each.keys : []));

const strangers = (branch: readonly Issue[]): number => strangeKeys(branch).length;

/** How many issues a branch has that no misspelt key explains. */
function gaps(branch: readonly Issue[], at: Path, known: readonly string[]): number {
  const meant = strangeKeys(branch).map(
    (key) => foreignWord(at, key)?.means ?? nearest(key, known),
  );
  return branch.filter(({ path }) => path.length !== 1 || !meant.includes(String(path[0]))).length;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined,
    value,
  );
}
