/** Random routes, with guards that are valid. */
import fc from 'fast-check';

export type Route = Readonly<Record<string, unknown>>;
export const some = <T>(...of: readonly T[]) => fc.constantFrom(...of);
/** In one of five. */
export const seldom = <T>(of: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: of });
export const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 1 });
export const scopes = some<readonly string[]>([], [], ['s1'], ['s2'], ['s1', 's2']);

export const jwt = fc
  .record({
    issuer: some<unknown>('a', 'a', 'b', ['a', 'b']),
    scopes,
    roles: some<readonly string[]>([], [], ['admin'], ['admin', 'root']),
    match: some('all', 'any'),
    cookie: some(undefined, undefined, 'token'),
  })
  .map(({ cookie, ...rest }) => ({ ...rest, ...(cookie && { cookie }) }));
export const apiKey = fc
  .record({ scopes, plans: some(undefined, undefined, ['gold'], ['basic', 'gold']) })
  .map(({ plans, ...rest }) => ({ ...rest, ...(plans && { plans }) }));
const rule = fc.record({
  scopes,
  groups: some<readonly string[]>([], [], ['g1'], ['g1', 'g2']),
  consumers: some<readonly unknown[]>([], [], ['me'], [{ via: 'jwt', id: 'me' }], ['gold']),
  match: some('all', 'any'),
});
export const authorize = fc
  .record({ rule, methods: some<readonly string[]>([], [], ['GET'], ['POST']), other: rule })
  .map(({ rule: own, methods, other }) => ({
    ...own,
    methods: Object.fromEntries(methods.map((method) => [method, other])),
  }))
  .filter(
    ({ scopes: all, groups, consumers }) => all.length + groups.length + consumers.length > 0,
  );

export const optional = <T extends object>(of: fc.Arbitrary<T>) =>
  of.map((each) => ({ ...each, optional: true }));

/** The keys of plugins on a route. */
export const guards: fc.Arbitrary<Route> = fc.oneof(
  fc.constant({}),
  fc.record({ jwt }),
  fc.record({ jwt: optional(jwt) }),
  fc.record({ apiKey }),
  fc.record({ jwt, apiKey }),
  fc.record({
    jwt: optional(jwt),
    apiKey: optional(apiKey),
    auth: some({ anyOf: ['jwt', 'apiKey'] }),
  }),
  fc.record({ jwt: optional(jwt), auth: some({ anyOf: ['jwt'] }) }),
  fc.record({ jwt, authorize }),
  fc.record({ jwt: optional(jwt), authorize }),
  fc.record({ jwt: optional(jwt), apiKey: optional(apiKey), authorize }),
);
export const others: fc.Arbitrary<Route> = fc
  .record({
    csrf: maybe(fc.record({ origins: some<readonly string[]>([], ['https://evil.test']) })),
    cors: maybe(fc.constant({ origins: ['https://evil.test'] })),
    ip: maybe(
      some<Route>({ deny: ['127.0.0.1'] }, { allow: ['10.0.0.0/8'] }, { allow: ['127.0.0.0/8'] }),
    ),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));

const PATHS = ['/*', '/a', '/a/*', '/a/{id}', '/a/b', '/{x}', '/{x}/b', '/b/*', '/a/', '/a/b/*'];

export const match = fc
  .record({
    path: fc.constantFrom(...PATHS, undefined),
    methods: some(undefined, undefined, ['GET'], ['POST'], ['GET', 'POST']),
    hosts: some(undefined, undefined, undefined, ['a.test'], ['*.test'], ['b.test', 'a.test']),
    headers: fc.option(
      some<Route>({ x: '1' }, { x: { present: true } }, { x: { regex: '[0-9]' } }),
      {
        nil: undefined,
        freq: 1,
      },
    ),
    query: some<Route | undefined>(undefined, undefined, undefined, { q: '1' }),
  })
  .map((all) => ({
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ...(all.path === undefined && { pathRegex: '/a/[a-z]+' }),
  }));

export const anyRoute: fc.Arbitrary<Route> = fc
  .record({
    match: fc.oneof(match, match, fc.array(match, { minLength: 2, maxLength: 2 })),
    priority: some(0, 0, 0, 1),
    guards,
    others,
    upstream: some('up', 'other'),
  })
  .map(({ guards: asks, others: more, ...rest }) => ({ ...rest, ...asks, ...more }));
