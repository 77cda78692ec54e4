/** Regular expressions of the config: RE2 syntax, matched in linear time whatever a client sends. */
import { RE2JS } from 're2js';
import type { Finding, Path } from '../fault.ts';

export interface Regex {
  /** Of its named groups. */
  readonly names: readonly string[];
  /** Does it match all of `text`? */
  test(text: string): boolean;
  /** Does it match some part of `text`? */
  find(text: string): boolean;
  /** Its named groups in `text`; `undefined` where it does not match. */
  groups(text: string): Readonly<Record<string, string>> | undefined;
}

/**
 * Reads a pattern.
 *
 * @throws {RangeError} that says what is wrong with it
 */
export function parseRegex(pattern: string): Regex {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const reason = (error as Error).message.replace('error parsing regexp: ', '');
    throw new RangeError(`is not an RE2 pattern: ${reason}`, { cause: error });
  }
  const names = Object.keys(compiled.namedGroups());
  return {
    names,
    test: (text) => compiled.matches(text),
    find: (text) => compiled.matcher(text).find(),
    groups: (text) => {
      const matcher = compiled.matcher(text);
      if (!matcher.matches()) return undefined;
      return Object.fromEntries(names.map((name) => [name, matcher.group(name) ?? '']));
    },
  };
}

/** The fault of `pattern` at `path`, where it has one. */
export function* checkRegex(pattern: unknown, path: Path): Generator<Finding> {
  if (typeof pattern !== 'string') return;
  try {
    parseRegex(pattern);
  } catch (error) {
    yield { path, message: (error as Error).message };
  }
}
