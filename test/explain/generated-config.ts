/** Configs with routes of all kinds, drawn from a seed; their upstreams are real servers. */

export type Draw = () => number;

export const one = <T>(draw: Draw, from: readonly T[]): T =>
  from[Math.floor(draw() * from.length)]!;
export const often = (draw: Draw, share: number): boolean => draw() < share;

interface Path {
  readonly match: object;
  readonly shape: string;
  readonly rewrites: readonly (string | undefined)[];
}

const PATHS: readonly Path[] = [
  { match: { path: '/x' }, shape: '/x', rewrites: [undefined, '/n/x'] },
  { match: { path: '/x/*' }, shape: '/x/*', rewrites: [undefined, '/n/*', '/*'] },
  { match: { path: '/x/{id}' }, shape: '/x/{}', rewrites: [undefined, '/n/{id}', '/n/{id}/z'] },
  { match: { path: '/x/{id}/y' }, shape: '/x/{}/y', rewrites: [undefined, '/n/{id}'] },
  { match: { path: '/x/y/*' }, shape: '/x/y/*', rewrites: [undefined, '/n/*'] },
  { match: { path: '/y/{a}/{b}' }, shape: '/y/{}/{}', rewrites: [undefined, '/n/{b}/{a}'] },
  { match: { path: '/y/' }, shape: '/y/', rewrites: [undefined] },
  { match: { path: '/*' }, shape: '/*', rewrites: [undefined, '/n/*'] },
  { match: { pathRegex: '/x/(?P<n>[0-9]+)' }, shape: '~x', rewrites: [undefined, '/n/{n}'] },
  { match: { pathRegex: '/[xy]/.*' }, shape: '~xy', rewrites: [undefined] },
];

const HOSTS = [['a.example'], ['*.a.example'], ['b.example', '*.b.example']];
const METHODS = [['GET'], ['POST', 'PUT'], ['OPTIONS', 'DELETE']];
const HEADERS = [{ 'x-v': '1' }, { 'x-v': { present: true } }, { 'x-v': { regex: '[12]' } }];
const QUERIES = [{ q: '1' }, { q: { present: true } }];
const COOKIES = [{ c: '1' }];

/** A condition, now and then. */
const some = <T>(draw: Draw, from: readonly T[]): T | undefined =>
  often(draw, 0.25) ? one(draw, from) : undefined;

const PLUGINS: readonly object[] = [
  {},
  {},
  {},
  {},
  {},
  {},
  {},
  {},
  { jwt: { issuer: ['own', 'far'] } },
  { jwt: { issuer: 'own', scopes: ['read'], forward: { sub: 'x-user' } } },
  { jwt: { issuer: 'own', optional: true }, authorize: { scopes: ['write'] } },
  { apiKey: { query: 'key' } },
  { apiKey: { optional: true }, auth: { anyOf: ['apiKey'] } },
  { ip: { deny: ['10.0.0.0/8'] }, csrf: {} },
  { ip: { deny: ['127.0.0.0/8'] } },
  { cors: { origins: ['https://shop.example'] }, securityHeaders: {} },
  { rateLimit: { max: 3, window: '1h', by: 'address' } },
  {
    rateLimit: [
      { max: 4, window: '1h', by: 'header:x-v' },
      { max: 9, window: '1h', by: 'address', report: true },
    ],
  },
  { validate: { query: { type: 'object', properties: { q: { const: '1' } } } } },
  { headers: { request: { set: { 'x-set': 'yes' } }, response: { set: { 'x-more': '1' } } } },
];

const PARTS = {
  plain: { upstream: 'one', path: '/parts/plain' },
  asked: { upstream: 'two', path: '/parts/asked', query: { of: '{query.q}' } },
};

function actionOf(draw: Draw, path: Path): object {
  const rewrite = one(draw, path.rewrites);
  const forward = { upstream: one(draw, ['one', 'two']), ...(rewrite && { rewrite }) };
  const rest = path.shape.endsWith('/*') ? '/to/*' : '/to';
  const byId = path.shape === '/x/{}' ? '/parts/{id}' : '/parts/all';
  return one(draw, [
    forward,
    forward,
    forward,
    divided(draw, rewrite),
    { redirect: { to: rest, status: one(draw, [302, 308]) } },
    { respond: { status: one(draw, [200, 404]), body: 'own' } },
    { aggregate: { ...PARTS, id: { upstream: 'one', path: byId, required: true } } },
  ]);
}

/** Every request comes from one address, so its side is no matter of chance. */
const divided = (draw: Draw, rewrite: string | undefined): object => ({
  split: [
    { upstream: 'one' },
    { upstream: 'two', weight: one(draw, [0, 50]), when: one(draw, WHENS) },
  ],
  sticky: 'address',
  salt: one(draw, ['a', 'b', 'c', 'd']),
  ...(rewrite && { rewrite }),
});

const WHENS = [{ headers: { 'x-v': '1' } }, { query: { q: '1' } }, { cookies: { c: '1' } }];

function routeOf(draw: Draw): { readonly key: string; readonly route: object } {
  const path = one(draw, PATHS);
  const conditions = {
    hosts: some(draw, HOSTS),
    methods: some(draw, METHODS),
    headers: some(draw, HEADERS),
    query: some(draw, QUERIES),
    cookies: some(draw, COOKIES),
  };
  const priority = one(draw, [0, 0, 0, 1, -1]);
  const route = {
    match: { ...path.match, ...conditions },
    priority,
    ...actionOf(draw, path),
    ...one(draw, PLUGINS),
  };
  return { key: JSON.stringify([path.shape, conditions, priority]), route };
}

/** Routes, no two of which have the same match. */
export function generatedRoutes(draw: Draw, count: number): Readonly<Record<string, object>> {
  const routes = new Map<string, object>();
  while (routes.size < count) {
    const { key, route } = routeOf(draw);
    routes.set(key, routes.get(key) ?? route);
  }
  const bff = new URL('fixtures/places.ts', import.meta.url).pathname;
  return {
    ...Object.fromEntries([...routes.values()].map((route, i) => [`r${i}`, route])),
    places: { match: { path: '/m/*' }, bff, ...one(draw, PLUGINS) },
  };
}
