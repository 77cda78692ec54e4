/**
 * Matchers of bodies: maps with one key that say what a value is like, where a value would stand.
 *
 * A body that holds such a map itself is expected by `{ exactly: … }`.
 */
import type { Finding, Path } from '../fault.ts';
import { isMap } from '../yaml/tree.ts';

export const TYPES = ['text', 'number', 'boolean', 'list', 'map', 'null'] as const;

export type Matcher =
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'includes' | 'exactly'; readonly value: unknown }
  | { readonly kind: 'present' | 'absent' };

/** `undefined`: a value like any other. */
export function matcherOf(value: unknown): Matcher | undefined {
  if (!isMap(value)) return undefined;
  const [first, ...others] = Object.entries(value);
  if (first === undefined || others.length > 0) return undefined;
  const [key, said] = first;
  if (key === 'includes' || key === 'exactly') return { kind: key, value: said };
  if ((key === 'present' || key === 'absent') && said === true) return { kind: key };
  if (typeof said !== 'string') return undefined;
  if (key === 'matches') return { kind: key, pattern: said };
  return key === 'type' && isType(said) ? { kind: key, name: said } : undefined;
}

const isType = (text: string): boolean => (TYPES as readonly string[]).includes(text);

/** Patterns in `expected` that are none. */
export function* matcherFaults(expected: unknown, path: Path): Generator<Finding> {
  const matcher = matcherOf(expected);
  if (matcher?.kind === 'exactly') return;
  if (matcher?.kind === 'matches') {
    const message = patternFault(matcher.pattern);
    if (message !== undefined) yield { path: [...path, 'matches'], message };
  } else if (Array.isArray(expected)) {
    for (const [i, each] of expected.entries()) yield* matcherFaults(each, [...path, i]);
  } else if (isMap(expected)) {
    for (const [key, each] of Object.entries(expected)) yield* matcherFaults(each, [...path, key]);
  }
}

/** Why `pattern` is no regular expression; `undefined` if it is one. */
export function patternFault(pattern: string): string | undefined {
  try {
    RegExp(pattern, 'u');
    return undefined;
  } catch (error) {
    return `is not a regular expression: ${(error as Error).message}`;
  }
}
