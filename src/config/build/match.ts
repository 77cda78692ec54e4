/** Builds the match that requests are compared with from the parsed one. */
import { canonicalHost } from '../../core/canonical-host.ts';
import type { MatchConfig, ValueMatchers } from './config.ts';
import { parsePathPattern, type PathPattern } from '../schema/path-pattern.ts';
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

/** `Host` is made canonical before it is looked at: another spelling would never match. */
function canonicalHostField(condition: ValueMatchers[number]): ValueMatchers[number] {
  const [name, matcher] = condition;
  if (name !== 'host' || matcher.kind !== 'equals') return condition;
  return [name, { kind: 'equals', value: canonicalHost(matcher.value) ?? matcher.value }];
}
