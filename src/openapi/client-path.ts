/** The paths of a route's matches, as OpenAPI writes them. */
import type { MatchConfig, RouteConfig, ValueMatcher } from '../config/build/config.ts';
import type { ApiParameter, ApiSchema } from '../config/openapi/model.ts';
import type { Segment } from '../config/schema/path-pattern.ts';

/** A match that OpenAPI has a path for. */
export interface ClientPath {
  readonly segments: readonly Segment[];
  /** Paths below it match, too. */
  readonly isOpen: boolean;
  readonly trailingSlash: boolean;
  /** Absent: all. */
  readonly methods?: readonly string[];
  /** What headers, query and cookies must hold. */
  readonly conditions: readonly ApiParameter[];
}

/** Of free-form operations, where the match names none. */
const USUAL = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export const methodsOf = ({ methods = USUAL }: ClientPath): readonly string[] => methods;

/** The matches of a route; `warn` is told of those that have no path in OpenAPI. */
export function clientPaths(
  { matches }: Pick<RouteConfig, 'matches'>,
  warn: (message: string) => void,
): ClientPath[] {
  return matches.flatMap((match) => {
    const { path, pathRegex, methods } = match;
    if (pathRegex !== undefined) {
      warn(`the match of the regex ${pathRegex} is left out: OpenAPI has no such paths`);
      return [];
    }
    return [
      {
        segments: path?.segments ?? [],
        isOpen: path === undefined || path.kind === 'prefix',
        trailingSlash: path?.trailingSlash ?? false,
        ...(methods !== undefined && { methods }),
        conditions: conditionsOf(match),
      },
    ];
  });
}

/** The name of the parameter that stands for all below a prefix. */
const REST = 'path';

/** `/assets/{path}` for `/assets/*`. */
export function templateOf({ segments, isOpen, trailingSlash }: ClientPath): {
  readonly path: string;
  readonly parameters: readonly ApiParameter[];
} {
  const names = segments.flatMap((each) => (each.kind === 'parameter' ? [each.name] : []));
  const written = segments.map((each) =>
    each.kind === 'parameter' ? `{${each.name}}` : each.text,
  );
  const rest = freeName(REST, names);
  const all = isOpen ? [...written, `{${rest}}`] : written;
  const parameters = names.map((name) => parameter('path', name, { type: 'string' }));
  const below = { ...parameter('path', rest, { type: 'string' }), description: BELOW };
  return {
    path: `/${all.join('/')}${trailingSlash && !isOpen ? '/' : ''}`,
    parameters: isOpen ? [...parameters, below] : parameters,
  };
}

const BELOW = 'All that follows; it may have slashes, or be left out.';

/** `name`, with a number behind it where it is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  let free = name;
  for (let i = 2; taken.includes(free); i++) free = `${name}_${i}`;
  return free;
}

const STYLES = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' } as const;

export const parameter = (
  place: ApiParameter['in'],
  name: string,
  schema: ApiSchema,
  isRequired = place === 'path',
): ApiParameter => ({
  name,
  in: place,
  isRequired,
  isDeprecated: false,
  style: STYLES[place],
  explode: STYLES[place] === 'form',
  allowReserved: false,
  schema,
});

function conditionsOf({ headers, cookies, query }: MatchConfig): ApiParameter[] {
  return [
    ...headers.map(([name, matcher]) => parameter('header', name, schemaOf(matcher), true)),
    ...query.map(([name, matcher]) => parameter('query', name, schemaOf(matcher), true)),
    ...cookies.map(([name, matcher]) => parameter('cookie', name, schemaOf(matcher), true)),
  ];
}

function schemaOf(matcher: ValueMatcher): ApiSchema {
  if (matcher.kind === 'equals') return { type: 'string', const: matcher.value };
  if (matcher.kind === 'present') return { type: 'string' };
  return { type: 'string', pattern: `^(?:${matcher.pattern})$` };
}
