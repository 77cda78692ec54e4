/** Finds templates that cannot be filled: unknown names, unclosed braces, paths that no request can have. */
import type { Alternative, Matches } from './match.ts';
import type { Finding, Path } from '../fault.ts';
import { semicolonFault } from '../../core/path-parameters.ts';
import { canonicalText, colonParameter } from '../schema/path-pattern.ts';
import { hint } from './suggest.ts';
import { parseTemplate, type Reference, renderTemplate } from '../schema/template.ts';

/** The parts of the request a template may name, as `{query.q}`. */
export const REQUEST_ROOTS = ['query', 'header', 'claim'] as const;

/** The parameters that every one of `alternatives` defines. */
export function commonParameters(alternatives: readonly Alternative[]): ReadonlySet<string> {
  const [first, ...others] = alternatives.map(({ parameters }) => new Set(parameters));
  return others.reduce((common, each) => common.intersection(each), first ?? new Set());
}

/** What is wrong with a path parameter, where something is. */
export function parameterFault(
  { text, root, rest }: Reference,
  { alternatives, complete }: Matches,
  alsoKnown: readonly string[] = [],
): string | undefined {
  const common = commonParameters(alternatives);
  if (!complete || (rest.length === 0 && common.has(root))) return undefined;
  if (rest.length === 0 && alternatives.some(({ parameters }) => parameters.includes(root))) {
    return `not every match of the route has the path parameter {${root}}`;
  }
  return `no path parameter {${text}}${hint(text, [...new Set([...common, ...alsoKnown])])}`;
}

/** Checks a rewrite or a redirect: a template of path parameters that may keep what `*` matched. */
export function* checkTarget(text: string, path: Path, matches: Matches): Generator<Finding> {
  yield* checkReferences(text, path, (reference) => parameterFault(reference, matches));
  if (text.replace(/\/\*$/, '').includes('*')) {
    yield { path, message: '* may only be the last segment' };
  } else if (
    text.endsWith('/*') &&
    matches.complete &&
    !matches.alternatives.every(({ isOpen }) => isOpen)
  ) {
    yield { path, message: 'ends in * but the match is not a prefix: there is nothing to keep' };
  }
}

/** Checks every reference of a template by `fault`, which says what is wrong with one. */
export function* checkReferences(
  text: string,
  path: Path,
  fault: (reference: Reference) => string | undefined,
): Generator<Finding> {
  try {
    for (const reference of parseTemplate(text).references) {
      const message = fault(reference);
      if (message !== undefined) yield { path, message };
    }
  } catch (error) {
    yield { path, message: (error as Error).message };
  }
}

/** Where clients are sent back to us, they ask for a path as the config has them. */
export function* checkOwnPath(text: string, path: Path): Generator<Finding> {
  const message = /^\/(?!\/)/.test(text) ? semicolonFault(text.replace(/[?#].*$/, '')) : undefined;
  if (message !== undefined) yield { path, message };
}

/** A path that is sent must be canonical: what is not never leaves the gateway. */
export function* checkSentPath(text: string, path: Path): Generator<Finding> {
  // The schema reports the slash.
  if (!text.startsWith('/')) return;
  if (text.includes('?')) {
    yield { path, message: 'contains a "?": a path has no query' };
    return;
  }
  for (const message of [colonParameter(text), semicolonFault(text)]) {
    if (message !== undefined) yield { path, message };
  }
  try {
    const template = parseTemplate(text);
    const sample = renderTemplate(template, () => 'x');
    const canonical = canonicalText(sample);
    if (canonical === sample) return;
    const right = template.references.length > 0 ? '' : `: use "${canonical}"`;
    yield { path, message: `is not a canonical path${right}` };
  } catch (error) {
    // The check of references reports braces.
    if (error instanceof RangeError) return;
    yield { path, message: `cannot be sent: ${(error as Error).message}` };
  }
}
