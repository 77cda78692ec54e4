/** What a match asks besides path and method: host, headers, cookies, query. */
import type { IncomingHttpHeaders } from 'node:http';
import type { MatchConfig, ValueMatcher, ValueMatchers } from '../config/config.ts';
import { parseRegex } from '../config/regex.ts';
import { cookieValue } from '../edge/cookie.ts';
import { firstValue } from '../headers.ts';

/** A request as far as matching looks at it. */
export interface MatchRequest {
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  readonly query: string;
  /** Canonical, without port. */
  readonly host: string;
  readonly headers: IncomingHttpHeaders;
}

type Condition = (request: MatchRequest) => boolean;
type Test = (value: string | undefined) => boolean;

/** One test for everything but path and method; `undefined` where nothing is asked. */
export function compileConditions(match: MatchConfig): Condition | undefined {
  const conditions = [
    ...(match.hosts === undefined ? [] : [hostCondition(match.hosts)]),
    ...valueConditions(match.headers, ({ headers }, name) => firstValue(headers[name])),
    ...valueConditions(match.cookies, ({ headers }, name) => cookieValue(headers.cookie, name)),
    ...valueConditions(match.query, ({ query }, name) => queryValue(query, name)),
  ];
  if (conditions.length === 0) return undefined;
  if (conditions.length === 1) return conditions[0];
  return (request) => conditions.every((condition) => condition(request));
}

function hostCondition(hosts: readonly string[]): Condition {
  const names = new Set(hosts.filter((host) => !host.startsWith('*.')));
  const suffixes = hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return ({ host }) =>
    names.has(host) ||
    suffixes.some((suffix) => host.length > suffix.length && host.endsWith(suffix));
}

function valueConditions(
  matchers: ValueMatchers,
  read: (request: MatchRequest, name: string) => string | undefined,
): Condition[] {
  return matchers.map(([name, matcher]) => {
    const test = compileTest(matcher);
    return (request) => test(read(request, name));
  });
}

function compileTest(matcher: ValueMatcher): Test {
  switch (matcher.kind) {
    case 'equals':
      return (value) => value === matcher.value;
    case 'present':
      return (value) => value !== undefined;
    case 'regex': {
      const regex = parseRegex(matcher.pattern);
      return (value) => value !== undefined && regex.test(value);
    }
  }
}

/** The first value of a query parameter, decoded; `undefined` where it is absent. */
export function queryValue(query: string, name: string): string | undefined {
  return new URLSearchParams(query).get(name) ?? undefined;
}
