/** Builds the match that requests are compared with from the parsed one. */
import { canonicalHost } from '../../core/canonical-host.ts';
import type { ConditionMatcher, ConditionMatchers, MatchConfig, ValueMatchers } from './config.ts';
import { parsePathPattern, type PathPattern } from '../schema/path-pattern.ts';
import type { ParsedCondition } from '../schema/conditions.ts';
import type { ParsedMatch, ParsedValueMatch } from '../schema/route.ts';

/** The path patterns of one config, each read once, whoever asks: checks do, and the build. */
export class PathPatterns {
  readonly #known = new Map<string, PathPattern>();

  /** @throws {RangeError} that says what is wrong with it */
  of(text: string): PathPattern {
    let pattern = this.#known.get(text);
    if (pattern === undefined) this.#known.set(text, (pattern = parsePathPattern(text)));
    return pattern;
  }
}

/** @throws {RangeError} for a path that is no pattern */
export function buildMatch(match: ParsedMatch, patterns: PathPatterns): MatchConfig {
  return {
    ...(match.path === undefined ? {} : { path: patterns.of(match.path) }),
    ...(match.pathRegex === undefined ? {} : { pathRegex: match.pathRegex }),
    ...(match.methods === undefined ? {} : { methods: match.methods }),
    ...(match.hosts === undefined ? {} : { hosts: match.hosts.map(buildHost) }),
    headers: buildValues(match.headers).map(canonicalHostField),
    cookies: buildValues(match.cookies),
    query: buildValues(match.query),
  };
}

/** As requests have it: the schema has refused what is no host. */
function buildHost(written: string): string {
  const [, wildcard = '', name = ''] = /^(\*\.)?(.*)$/.exec(written) ?? [];
  return wildcard + (canonicalHost(name) ?? name);
}

function buildValues(values: Readonly<Record<string, ParsedValueMatch>> = {}): ValueMatchers {
  return Object.entries(values).map(([name, value]) => {
    if (typeof value === 'string') return [name, { kind: 'equals', value }] as const;
    if ('regex' in value) return [name, { kind: 'regex', pattern: value.regex }] as const;
    return [name, { kind: 'present' }] as const;
  });
}

/** The conditions of a `when`: names, and what their values must be. */
export const buildConditions = (
  values: Readonly<Record<string, ParsedCondition>> = {},
): ConditionMatchers =>
  Object.entries(values).map(([name, value]) => [name, conditionOf(value, unchanged)] as const);

/** The same for header fields. */
export const buildFieldConditions = (
  values: Readonly<Record<string, ParsedCondition>> = {},
): ConditionMatchers =>
  Object.entries(values).map(
    ([name, value]) =>
      [name, conditionOf(value, name === 'host' ? asRequestsHaveIt : unchanged)] as const,
  );

const unchanged = (text: string): string => text;

function conditionOf(value: ParsedCondition, read: (text: string) => string): ConditionMatcher {
  if (typeof value === 'string') return { kind: 'equals', value: read(value) };
  if (value.regex !== undefined) return { kind: 'regex', pattern: value.regex };
  if (value.in !== undefined) return { kind: 'in', values: value.in.map(read) };
  if ('not' in value && value.not !== undefined) {
    return { kind: 'not', matcher: conditionOf(value.not, read) };
  }
  return { kind: 'present' };
}

/** `Host` is made canonical before it is looked at: another spelling would never match. */
function canonicalHostField(condition: ValueMatchers[number]): ValueMatchers[number] {
  const [name, matcher] = condition;
  if (name !== 'host' || matcher.kind !== 'equals') return condition;
  return [name, { kind: 'equals', value: asRequestsHaveIt(matcher.value) }];
}

const asRequestsHaveIt = (host: string): string => canonicalHost(host) ?? host;
