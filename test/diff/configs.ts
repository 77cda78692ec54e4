/** Configs with guarded routes, and random edits of them. */
import fc from 'fast-check';
import { digest, KEYS, SECRETS } from './clients.ts';
import {
  anyRoute,
  apiKey,
  authorize,
  guards,
  jwt,
  match,
  maybe,
  optional,
  others,
  scopes,
  seldom,
  some,
  type Route,
} from './drawn-routes.ts';

type Routes = readonly (readonly [name: string, route: Route])[];

/** Routes below a path of their own, before and after an edit. */
interface Cell {
  readonly before: Routes;
  readonly after: Routes;
}

const issuer = (name: 'a' | 'b') =>
  fc.record({
    issuer: fc.constant(name),
    algorithms: fc.constant(['HS256']),
    secret: fc.constant(SECRETS[name]),
    audience: some<unknown>(undefined, 'shop', 'shop', ['shop', 'other']),
  });
const consumer = (name: keyof typeof KEYS, plan: string) =>
  fc.record({ keys: fc.constant([digest(KEYS[name])]), plan: fc.constant(plan), scopes });

const plugins = fc
  .record({
    issuers: fc.record({ a: issuer('a'), b: issuer('b') }),
    basic: consumer('basic', 'basic'),
    gold: consumer('gold', 'gold'),
    more: maybe(consumer('new', 'gold')),
  })
  .map(({ issuers, basic, gold, more }) => ({
    jwt: { issuers },
    apiKey: { consumers: { basic, gold, ...(more && { new: more }) } },
  }));
const defaults = some<object>({}, {}, { routes: { jwt: { issuer: 'a' } } });

const cellRoutes: fc.Arbitrary<Routes> = fc
  .array(anyRoute, { minLength: 1, maxLength: 3 })
  .map((routes) => routes.map((each, i) => [`r${i}`, each] as const));

type Edit = (routes: Routes) => Routes;

const at = (routes: Routes, i: number): number => i % Math.max(1, routes.length);

const withRoute =
  (i: number, change: (route: Route) => Route): Edit =>
  (routes) =>
    routes.map(([name, own], k) => [name, k === at(routes, i) ? change(own) : own]);

const index = fc.nat({ max: 2 });
const GUARDS = ['jwt', 'apiKey', 'auth', 'authorize'];
const without = (route: Route, keys: readonly string[]): Route =>
  Object.fromEntries(Object.entries(route).filter(([key]) => !keys.includes(key)));

/** One option of a guard that is there, the way reviewers see it most. */
const tweak = fc.constantFrom<readonly [key: string, options: Route]>(
  ['jwt', { optional: true }],
  ['jwt', { optional: true }],
  ['jwt', { scopes: [] }],
  ['jwt', { scopes: ['s1'] }],
  ['jwt', { roles: [] }],
  ['jwt', { match: 'any' }],
  ['jwt', { issuer: ['a', 'b'] }],
  ['jwt', { cookie: 'token' }],
  ['apiKey', { optional: true }],
  ['apiKey', { scopes: [] }],
  ['apiKey', { plans: ['basic', 'gold'] }],
  ['authorize', { scopes: [], groups: [], consumers: ['me'] }],
  ['authorize', { methods: { GET: {} } }],
  ['authorize', { methods: {} }],
  ['authorize', { match: 'any' }],
);

const tweaked =
  (key: string, options: Route) =>
  (own: Route): Route => {
    const old = own[key];
    return typeof old === 'object' ? { ...own, [key]: { ...old, ...options } } : own;
  };

/** One key of a guard, changed in one place. */
const aKey = fc.oneof(
  fc.record({ jwt }),
  fc.record({ jwt: optional(jwt) }),
  fc.record({ apiKey }),
  fc.record({ apiKey: optional(apiKey) }),
  fc.record({ authorize }),
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc
    .tuple(index, guards)
    .map(([i, asks]) => withRoute(i, (own) => ({ ...without(own, GUARDS), ...asks }))),
  ...[1, 2, 3].map(() =>
    fc.tuple(index, tweak).map(([i, [key, options]]) => withRoute(i, tweaked(key, options))),
  ),
  fc.tuple(index, aKey).map(([i, one]) => withRoute(i, (own) => ({ ...own, ...one }))),
  fc
    .tuple(index, some('csrf', 'ip', 'cors', ...GUARDS))
    .map(([i, gone]) => withRoute(i, (own) => without(own, [gone]))),
  fc.tuple(index, others).map(([i, more]) => withRoute(i, (own) => ({ ...own, ...more }))),
  fc.tuple(index, match).map(([i, one]) => withRoute(i, (own) => ({ ...own, match: one }))),
  fc
    .tuple(index, some(0, 1, 2))
    .map(([i, priority]) => withRoute(i, (own) => ({ ...own, priority }))),
  index.map((i) => withRoute(i, (own) => ({ ...without(own, GUARDS), jwt: false }))),
  anyRoute.map((own): Edit => (routes) => [...routes, ['added', own]]),
  index.map(
    (i): Edit =>
      (routes) =>
        routes.filter((_route, k) => k !== at(routes, i)),
  ),
  fc.constant<Edit>((routes) => routes.toReversed()),
);

const cell: fc.Arbitrary<Cell> = fc
  .tuple(cellRoutes, edit)
  .map(([before, change]) => ({ before, after: change(before) }))
  .filter(({ before, after }) => isValid(before) && isValid(after));

/** What the checks of a config would refuse. */
const isValid = (routes: Routes): boolean => {
  const matches = routes.flatMap(([, own]) => [own['match']].flat().map((each) => print(each)));
  return matches.length === new Set(matches).size && routes.every(([, own]) => isGuardValid(own));
};

const inOrder = (a: string, b: string): number => a.localeCompare(b);

const print = (one: unknown): string =>
  JSON.stringify(
    Object.entries(one as object)
      .map(([name, value]: [string, unknown]) => [
        name,
        Array.isArray(value) ? [...new Set(value.map(String))].toSorted(inOrder) : value,
      ])
      .map((each) => JSON.stringify(each))
      .toSorted(inOrder),
  ).replaceAll(/\{\w+\}/g, '{}');

function isGuardValid({ jwt: token, apiKey: own, auth, authorize: rights }: Route): boolean {
  const identifying = { jwt: token, apiKey: own };
  const isOptional = (name: string): boolean =>
    (identifying[name as keyof typeof identifying] as Route | undefined)?.['optional'] === true;
  const known = [token, own].some((each) => each !== undefined && each !== false);
  const listed = (auth as { anyOf: string[] } | undefined)?.anyOf ?? [];
  return (rights === undefined || known) && listed.every(isOptional);
}

/** So many edits in one pair of configs, each below a path of its own. */
export const CELLS = 8;

/** A config and what became of it. */
export const editedConfigs = fc
  .record({
    cells: fc.array(cell, { minLength: CELLS, maxLength: CELLS }),
    plugins: fc.tuple(plugins, seldom(plugins)),
    defaults: fc.tuple(defaults, seldom(defaults)),
  })
  .map(({ cells, plugins: [own, ownNow = own], defaults: [common, commonNow = common] }) => ({
    before: configOf(
      cells.map(({ before }) => before),
      own,
      common,
    ),
    after: configOf(
      cells.map(({ after }) => after),
      ownNow,
      commonNow,
    ),
  }));

const configOf = (cells: readonly Routes[], own: object, common: object): object =>
  JSON.parse(JSON.stringify({ plugins: own, defaults: common, routes: routesOf(cells) })) as object;

const routesOf = (cells: readonly Routes[]): object =>
  Object.fromEntries(
    cells.flatMap((routes, i) =>
      routes.map(([name, own]) => {
        const route = `c${i}-${name}`;
        const headers = { response: { set: { 'x-route': route } } };
        return [route, { ...own, headers, match: [own['match']].flat().map(below(i)) }] as const;
      }),
    ),
  );

const below =
  (i: number) =>
  (one: unknown): object => {
    const { path, pathRegex, ...rest } = one as { path?: string; pathRegex?: string };
    return path === undefined
      ? { ...rest, pathRegex: `/c${i}${pathRegex}` }
      : { ...rest, path: `/c${i}${path}` };
  };
