/** The conditions of a match besides path and method: host, headers, cookies, query. */
import type { ConditionMatcher, ConditionMatchers } from '../config/build/config.ts';
import { parseRegex } from '../config/schema/regex.ts';
import { cookieValue } from '../edge/cookie.ts';
import { type Fields, fieldValues, queryValues, type Values } from './condition-values.ts';

/** The parts of a request that matching looks at. */
export interface MatchRequest extends Fields {
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  readonly query: string;
  /** Canonical, without port. */
  readonly host: string;
}

/** Whether a request fits; a doubt if that depends on which of several values counts. */
export type Verdict = 'yes' | 'no' | Doubt;
export interface Doubt {
  readonly about: string;
  /** The value that makes the difference is seen by some servers only. */
  readonly isRemote: boolean;
}

type Condition = (request: MatchRequest) => Verdict;
export type Test = (value: string | undefined) => boolean;

/** What is tested: of a match, or of `when`. */
export interface ConditionsConfig {
  readonly hosts?: readonly string[];
  readonly headers: ConditionMatchers;
  readonly cookies: ConditionMatchers;
  readonly query: ConditionMatchers;
}

/** One test for everything but path and method; `undefined` if there are no conditions. */
export function compileConditions(match: ConditionsConfig): Condition | undefined {
  const conditions = conditionsOf(match).map(({ test }) => test);
  if (conditions.length < 2) return conditions[0];
  return (request) => all(conditions, request);
}

/** One condition of a match. */
export interface NamedCondition {
  readonly kind: 'host' | 'field' | 'cookie' | 'query';
  /** Of the field, cookie or parameter. */
  readonly name: string;
  readonly test: Condition;
}

/** The conditions of `match` besides path and method, in the order in which they are tested. */
export function conditionsOf(match: ConditionsConfig): readonly NamedCondition[] {
  return [
    ...(match.hosts === undefined
      ? []
      : [{ kind: 'host' as const, name: '', test: hostCondition(match.hosts) }]),
    ...match.headers.map(([name, matcher]) => ({
      kind: 'field' as const,
      name,
      test: valueCondition(`the field ${name}`, matcher, {
        read: (request) => fieldValues(request, name),
        // A comma may belong to the value, so there is doubt only if a member fits and the whole does
        // not.
        isDoubtful: (fits, possiblyFits) => possiblyFits && !fits,
      }),
    })),
    ...match.cookies.map(([name, matcher]) => ({
      kind: 'cookie' as const,
      name,
      test: cookieCondition(name, matcher),
    })),
    ...match.query.map(([name, matcher]) => ({
      kind: 'query' as const,
      name,
      test: valueCondition(`the query parameter ${name}`, matcher, {
        read: ({ query }) => queryValues(query, name),
        isDoubtful: (fits, possiblyFits) => possiblyFits !== fits,
      }),
    })),
  ];
}

/** One certain failure decides, whatever the others say. */
function all(conditions: readonly Condition[], request: MatchRequest): Verdict {
  let verdict: Verdict = 'yes';
  for (const condition of conditions) {
    const each = condition(request);
    if (each === 'no') return 'no';
    // Of two doubts, report the one that is not remote.
    if (each !== 'yes' && (verdict === 'yes' || !each.isRemote)) verdict = each;
  }
  return verdict;
}

const certain = (isTrue: boolean): Verdict => (isTrue ? 'yes' : 'no');

function hostCondition(hosts: readonly string[]): Condition {
  const names = new Set(hosts.filter((host) => !host.startsWith('*.')));
  const suffixes = hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  return ({ host }) =>
    certain(
      names.has(host) ||
        suffixes.some((suffix) => host.length > suffix.length && host.endsWith(suffix)),
    );
}

/** Of several cookies with one name, every server takes the first (RFC 6265 §5.4). */
function cookieCondition(name: string, matcher: ConditionMatcher): Condition {
  const test = compileTest(matcher);
  return ({ headers }) => certain(test(cookieValue(headers.cookie, name)));
}

interface ValueReader {
  readonly read: (request: MatchRequest) => Values;
  /** Takes the results for a value that all servers see, and for one that only some see. */
  readonly isDoubtful: (fits: boolean, possiblyFits: boolean) => boolean;
}

/** Tests every value, because servers differ on which one counts. */
function valueCondition(
  about: string,
  matcher: ConditionMatcher,
  { read, isDoubtful }: ValueReader,
): Condition {
  const test = compileTest(matcher);
  const isOfPresence = asksPresence(matcher);
  const near: Doubt = { about, isRemote: false };
  const remote: Doubt = { about, isRemote: true };
  return (request) => {
    const { certain: values, possible } = read(request);
    const first = test(values[0]);
    if (isOfPresence) return certain(first);
    if (values.some((value) => test(value) !== first)) return near;
    return possible.some((value) => isDoubtful(first, test(value))) ? remote : certain(first);
  };
}

/** Then it does not matter which of several values counts. */
const asksPresence = (matcher: ConditionMatcher): boolean =>
  matcher.kind === 'present' || (matcher.kind === 'not' && asksPresence(matcher.matcher));

/** Tests one value; `undefined`: there is none. */
export function compileTest(matcher: ConditionMatcher): Test {
  switch (matcher.kind) {
    case 'equals':
      return (value) => value === matcher.value;
    case 'present':
      return (value) => value !== undefined;
    case 'regex': {
      const regex = parseRegex(matcher.pattern);
      return (value) => value !== undefined && regex.test(value);
    }
    case 'in': {
      const values = new Set(matcher.values);
      return (value) => value !== undefined && values.has(value);
    }
    case 'not': {
      const test = compileTest(matcher.matcher);
      return (value) => !test(value);
    }
  }
}

/** Why a request is refused if `doubt` decides; `what`: the things that its values lead to, such as `routes`. */
export const severalValues = ({ about }: Doubt, what: string): string =>
  `${about} has several values, which lead to different ${what}`;

/** The first value of a query parameter, decoded; `undefined` if it is absent. */
export function queryValue(query: string, name: string): string | undefined {
  return new URLSearchParams(query).get(name) ?? undefined;
}
