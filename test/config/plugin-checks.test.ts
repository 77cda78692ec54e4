import { describe, expect, test } from 'vitest';
import { faultsOf, type Files, withOrders } from './config-files.ts';

const ISSUER = [
  'plugins:',
  '  jwt: { issuers: { shop: { issuer: x, jwks: "http://x/k", algorithms: [ES256] } } }',
].join('\n');
const CLAIM = 'rateLimit: { max: 1, window: 1s, by: claim:sub }';
const NEEDS = '"claim:sub" needs one of mtls, jwt, apiKey on this route';

const routes = (defaults: string, ...keys: readonly string[]): string =>
  withOrders(
    [
      ISSUER,
      `defaults: { routes: { ${defaults} } }`,
      'routes:',
      ...keys.map(
        (each, i) => `  ${'abc'[i]}: { match: { path: /${i} }, upstream: orders, ${each} }`,
      ),
    ].join('\n'),
  );

describe('a plugin looks at what a route says to it', () => {
  test('beside the defaults that the route has', async () => {
    expect(await faultsOf(routes('jwt: { issuer: shop }', CLAIM))).toEqual([]);
    expect(await faultsOf(routes('jwt: { issuer: shop }', `${CLAIM}, jwt: false`))).toEqual([
      `c.yaml:7:84  routes.a.rateLimit.by: ${NEEDS}`,
    ]);
  });

  test('and at a default, beside what each route says', async () => {
    const jwt = 'jwt: { issuer: shop }';
    expect(await faultsOf(routes(CLAIM, jwt, jwt))).toEqual([]);
    expect(
      await faultsOf(routes(`${CLAIM}, ${jwt}`, '', 'jwt: false', 'rateLimit: false')),
    ).toEqual([`c.yaml:5:60  defaults.routes.rateLimit.by: ${NEEDS} (routes.b)`]);
    expect(await faultsOf(routes(CLAIM, '', ''))).toEqual([
      `c.yaml:5:60  defaults.routes.rateLimit.by: ${NEEDS}`,
    ]);
  });

  test('and at a default that no route has', async () => {
    expect(await faultsOf(routes('jwt: { issuer: shpo }', 'jwt: false'))).toEqual([
      'c.yaml:5:38  defaults.routes.jwt.issuer: no issuer "shpo" under plugins.jwt.issuers; did you mean "shop"?',
    ]);
  });

  test('and lets a plugin of one’s own say who the client is, on its routes', async () => {
    const claims = `${CLAIM}, authorize: { scopes: [a] }, rewrite: /x`;
    const part = 'aggregate: { x: { upstream: orders, path: "/users/{claim.sub}" } }';
    const config = (plugin: string, keys: string): Files => ({
      'c.yaml': withOrders(
        [
          `plugins: { door: { module: ./${plugin}.mjs, header: x } }`,
          'routes:',
          `  a: { match: { path: /a }, upstream: orders, ${claims}${keys} }`,
          `  b: { match: { path: /b }, ${part}${keys} }`,
        ].join('\n'),
      ),
      'door.mjs': PLUGIN.replace("name: 'tenant'", "name: 'door', identifies: true"),
      'mute.mjs': PLUGIN.replace("name: 'tenant'", "name: 'door'"),
      'hook.mjs': 'export default async () => {};',
    });
    expect(await faultsOf(config('door', ', door: {}'))).toEqual([]);
    expect(await faultsOf(config('hook', ''))).toEqual([]);
    const refused = (names: string): unknown[] => [
      expect.stringContaining(`needs one of ${names} on this route`),
      expect.stringContaining(`nothing authenticates the client: add one of ${names}`),
      expect.stringContaining(`{claim.sub} needs one of ${names} on this route`),
    ];
    for (const keys of ['', ', door: false']) {
      expect(await faultsOf(config('door', keys))).toEqual(refused('mtls, jwt, apiKey, door'));
    }
    expect(await faultsOf(config('mute', ', door: {}'))).toEqual(refused('mtls, jwt, apiKey'));
  });

  test('and warns of what an optional credential must hold, where nothing asks everybody', async () => {
    const keys = `apiKey: { consumers: { a: { keys: [${'ab'.repeat(32)}], plan: gold } } }`;
    const warnings = async (written: string): Promise<string[]> => {
      const text = routes('', written).replace(ISSUER, `${ISSUER}\n  ${keys}`);
      const faults = await faultsOf(text);
      return faults.map((fault) => fault.replace(/^.*?routes\.a\./, ''));
    };
    const asked = (of: string): string =>
      `applies only to requests with a ${of}: "optional" admits all others; add "authorize" to check everyone`;
    for (const [what, at] of Object.entries({ 'scopes: [a]': 'scopes', 'roles: [a]': 'roles' })) {
      const jwt = `jwt: { issuer: shop, optional: true, ${what} }`;
      expect(await warnings(jwt)).toEqual([`jwt.${at}: ${asked('token')}`]);
      expect(await warnings(`${jwt}, authorize: { scopes: [a] }`)).toEqual([]);
      expect(await warnings(`${jwt}, auth: { anyOf: [jwt] }`)).toEqual([]);
    }
    expect(await warnings('apiKey: { optional: true, plans: [gold] }')).toEqual([
      `apiKey.plans: ${asked('key')}`,
    ]);
    expect(await warnings('jwt: { issuer: shop, optional: true }')).toEqual([]);
    expect(await warnings('jwt: { issuer: shop, scopes: [a] }')).toEqual([]);
    const [line] = await faultsOf(routes('', 'jwt: { issuer: shop, optional: true, scopes: [a] }'));
    expect(line).toMatch(/^c\.yaml:\d+:\d+ {2}warning: routes\.a\.jwt\.scopes: /);
  });

  test('but not at false, nor at options that its schema refuses', async () => {
    expect(await faultsOf(routes('', 'jwt: false, cors: false'))).toEqual([]);
    expect(await faultsOf(routes('', 'jwt: { issuer: [none], scopes: all }'))).toEqual([
      expect.stringContaining('routes.a.jwt.scopes: expected a list, found "all"'),
    ]);
  });
});

const PLUGIN = [
  `import { z } from '${import.meta.resolve('zod')}';`,
  'export default {',
  `  [Symbol.for('portico.plugin')]: true,`,
  `  name: 'tenant',`,
  '  settings: z.strictObject({ header: z.string() }),',
  '  options: z.strictObject({ required: z.boolean().default(true) }),',
  `  register: () => ({ route: () => undefined }),`,
  '};',
].join('\n');

describe('a plugin of yours', () => {
  const files = (settings: string, keys: string): Files => ({
    'c.yaml': withOrders(
      `plugins: { tenant: ${settings} }\nroutes: { a: { match: { path: /a }, upstream: orders, ${keys} } }`,
    ),
    'tenant.ts': PLUGIN,
    'fastify.ts': 'export default async () => {};',
  });

  test('adds its settings and its key on routes', async () => {
    const settings = '{ module: ./tenant.ts, header: x-tenant }';
    expect(await faultsOf(files(settings, 'tenant: {}'))).toEqual([]);
    expect(await faultsOf(files(settings, 'tenant: { require: true }'))).toEqual([
      'c.yaml:4:65  routes.a.tenant.require: unknown key; did you mean "required"?',
    ]);
    expect(await faultsOf(files('{ module: ./tenant.ts, hedder: x }', ''))).toEqual([
      'c.yaml:3:43  plugins.tenant.hedder: unknown key; did you mean "header"?',
    ]);
  });

  test('that is not there is one fault, whatever routes say to it', async () => {
    const faults = await faultsOf(files('{ module: ./tennant.ts, x: 1 }', 'tenant: {}'));
    expect(faults).toEqual([
      expect.stringMatching(/^c\.yaml:3:30 {2}plugins\.tenant\.module: cannot be imported: Cannot/),
    ]);
    expect(await faultsOf(files('{ header: x }', ''))).toEqual([
      'c.yaml:3:12  plugins.tenant: unknown plugin (known: cors, ip, csrf, mtls, jwt, apiKey, forwardAuth, auth, authorize, version, rateLimit, quota, validate, operations, idempotency, grpcWeb, headers, securityHeaders, fault, compress, etag, body); your own plugins need a "module"',
    ]);
  });

  test('that is an ordinary Fastify plugin has no key on routes', async () => {
    expect(await faultsOf(files('{ module: ./fastify.ts }', ''))).toEqual([]);
    expect(await faultsOf(files('{ module: ./fastify.ts }', 'tenant: {}'))).toEqual([
      expect.stringContaining('routes.a.tenant: unknown key (known: match,'),
    ]);
  });
});
