/** Reads the matches of a route as far as possible, and finds what in them cannot work. */
import { http } from '../../core/node-http.ts';
import type { Finding, Path } from '../fault.ts';
import type { PathPatterns } from '../build/match.ts';
import type { PathPattern } from '../schema/path-pattern.ts';
import { semicolonFault } from '../../core/path-parameters.ts';
import { checkRegex, parseRegex } from '../schema/regex.ts';
import { Match } from '../schema/route.ts';
import { hint } from './suggest.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** One of the matches that a route may be reached by. */
export interface Alternative {
  /** Where it stands. */
  readonly at: Path;
  /** A regex, or any path, where it is absent. */
  readonly pattern?: PathPattern;
  /** What templates of the route may name. */
  readonly parameters: readonly string[];
  /** A path may be longer than the match: `/*` in a rewrite refers to the rest. */
  readonly isOpen: boolean;
}

export interface Matches {
  readonly alternatives: readonly Alternative[];
  /** Every one of them could be read. */
  readonly complete: boolean;
}

/** Keys of a match that say nothing of the path. */
const ANYWHERE = new Set(Object.keys(Match.shape).filter((key) => !key.startsWith('path')));

/** Reads `match` of the route at `path`, and tells `report` what is wrong with it. */
export function readMatches(
  route: Tree,
  path: Path,
  patterns: PathPatterns,
  report: (finding: Finding) => void,
): Matches {
  const written = Array.isArray(route['match']) ? route['match'] : [route['match']];
  const alternatives: Alternative[] = [];
  for (const [i, match] of written.entries()) {
    const at = Array.isArray(route['match']) ? [...path, 'match', i] : [...path, 'match'];
    if (!isMap(match)) continue;
    for (const finding of checkMatch(match, at)) report(finding);
    const alternative = readAlternative(match, at, patterns, report);
    if (alternative !== undefined) alternatives.push(alternative);
  }
  return { alternatives, complete: alternatives.length === written.length };
}

function readAlternative(
  match: Tree,
  at: Path,
  patterns: PathPatterns,
  report: (finding: Finding) => void,
): Alternative | undefined {
  const { path, pathRegex } = match;
  const fail = (key: string, error: unknown): undefined => {
    report({ path: [...at, key], message: (error as Error).message });
  };
  if (typeof path === 'string') {
    // The schema reports the slash.
    if (!path.startsWith('/')) return undefined;
    try {
      const pattern = patterns.of(path);
      return { at, pattern, parameters: pattern.parameters, isOpen: pattern.kind === 'prefix' };
    } catch (error) {
      return fail('path', error);
    }
  }
  if (typeof pathRegex === 'string') {
    try {
      return { at, parameters: parseRegex(pathRegex).names, isOpen: false };
    } catch (error) {
      return fail('pathRegex', error);
    }
  }
  // An unknown key may have been meant to be the path.
  const isAny = Object.keys(match).every((key) => ANYWHERE.has(key));
  return isAny ? { at, parameters: [], isOpen: true } : undefined;
}

/** Classes such as `[^;/]` may hold it: they match with and without. */
const CLASS = /\\[^;]|\[\^?\]?(?:\\.|[^\]\\])*\]/g;

function* checkMatch(match: Tree, path: Path): Generator<Finding> {
  const { pathRegex } = match;
  const fault = typeof pathRegex === 'string' && semicolonFault(pathRegex.replaceAll(CLASS, ''));
  if (fault) yield { path: [...path, 'pathRegex'], message: fault };
  if (match['path'] !== undefined && match['pathRegex'] !== undefined) {
    const message = 'cannot be combined with path: use one of them';
    yield { path: [...path, 'pathRegex'], at: 'key', message };
    yield* checkRegex(match['pathRegex'], [...path, 'pathRegex']);
  }
  for (const key of ['headers', 'query', 'cookies']) {
    const values = match[key];
    if (!isMap(values)) continue;
    for (const [name, value] of Object.entries(values)) {
      if (isMap(value)) yield* checkRegex(value['regex'], [...path, key, name, 'regex']);
    }
  }
  const { methods } = match;
  if (!Array.isArray(methods)) return;
  for (const [i, method] of methods.entries()) yield* checkMethod(method, [...path, 'methods', i]);
}

/** Refused by the gateway on every route: 501. */
const NEVER_SERVED = new Set(['TRACE', 'CONNECT']);
const SERVED = http.METHODS.filter((method) => !NEVER_SERVED.has(method));

/** A word in upper case that is not a method; the schema reports others. */
export function* checkMethod(method: unknown, path: Path): Generator<Finding> {
  if (typeof method !== 'string' || !/^[A-Z]/.test(method) || SERVED.includes(method)) return;
  if (NEVER_SERVED.has(method)) yield { path, message: `"${method}" is never served` };
  else if (method === 'ANY' || method === 'ALL') {
    yield { path, message: `"${method}" is not a method: leave "methods" out for all of them` };
  } else {
    const near = hint(method, SERVED);
    const meant = near.startsWith(';') ? near : '';
    yield { path, message: `"${method}" is not a method${meant}` };
  }
}
