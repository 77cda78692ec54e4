import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { auditRules } from '../../src/config/audit/audit.ts';
import { ACTIONS } from '../../src/actions/index.ts';
import { BUILT_IN } from '../../src/assembly/modules.ts';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const RULES = auditRules({
  plugins: new Map(BUILT_IN.map((each) => [each.name, each])),
  actions: ACTIONS,
});

const fileOf = (text: string): string => join(folderOf({ 'c.yaml': text }), 'c.yaml');

/** Findings as `line:column severity rule path`. */
async function findings(text: string, ...options: readonly string[]): Promise<string[]> {
  const { out } = await run(['audit', '-c', fileOf(text), '--json', ...options]);
  const found = JSON.parse(out.join('')) as Record<string, string>[];
  return found.map((each) => `${each['line']} ${each['severity']} ${each['rule']} ${each['path']}`);
}

const RISKY = `version: 1
admin: { host: 0.0.0.0 }
server:
  allowFaults: true
  paths: { escapedSlash: keep }
  limits: { body: 100MiB, headersTimeout: 2m, idle: 61s, minRate: 0B }
  trustedProxies: [10.0.0.0/8, '::/0']
telemetry: { logs: { access: false } }
plugins:
  jwt:
    issuers:
      a: { issuer: a, algorithms: [ES256], jwks: http://login.example.com/jwks }
      b: { issuer: b, audience: b, algorithms: [HS256], secret: "a secret that is long enough for it" }
upstreams:
  up: { targets: [http://api.example.com, 'http://nginx:80'], breaker: false }
  other: { targets: [http://other] }
routes:
  open: { match: { path: /open }, upstream: up }
  half:
    match: { path: /half }
    jwt: { issuer: b, optional: true }
    rateLimit: { max: 1, window: 1s }
    cors: { origins: ["null"], credentials: true }
    upstream: up
    limits: { body: 200MiB }
  chosen: { match: { path: /open, query: { a: b } }, jwt: { issuer: b, cookie: t }, compress: {}, rateLimit: { max: 1, window: 1s }, upstream: up }
  live:
    match: { path: /live }
    jwt: { issuer: b }
    rateLimit: { max: 1, window: 1s }
    upstream: up
    websocket: { expire: ignore }
    stream: { idle: 5m }
  split:
    match: { path: /split }
    jwt: { issuer: b }
    rateLimit: { max: 1, window: 1s }
    split: [{ upstream: up }, { upstream: other, ramp: [{ at: 2020-01-01T00:00:00Z, weight: 5 }] }]
  copied:
    match: { path: /copied }
    jwt: { issuer: b }
    rateLimit: { max: 1, window: 1s }
    upstream: up
    mirror:
      - { upstream: other, unsafe: true }
      - { upstream: up, rewrite: /other, compare: { showValues: true } }
    version: { deprecated: 2020-01-01, sunset: 2020-06-01 }
  site: { match: { path: /site/* }, files: { root: '${resolve('docs/examples')}', dotfiles: true } }
  graph: { match: { path: /graph }, jwt: { issuer: b }, rateLimit: { max: 1, window: 1s }, upstream: up, operations: { documents: '${resolve('docs/examples/graphql/persisted.json')}', unknown: allow } }
  page: { match: { path: /page }, jwt: { issuer: b }, rateLimit: { max: 1, window: 1s }, aggregate: { a: { upstream: up, path: /, onError: detail } } }
`;

const SAGAS = `version: 1
admin: false
store: { postgres: "postgres://u@db.example.com/operations" }
plugins: { apiKey: { consumers: { a: { keys: [${'ab'.repeat(32)}] } } } }
upstreams: { up: { targets: [http://up] } }
defaults: { routes: { apiKey: {}, rateLimit: { max: 1, window: 1s } } }
sagas:
  order:
    steps:
      reserve:
        call: { upstream: up, method: PUT, path: /reservations }
        undo: { upstream: up, path: /releases }
        undoUnknown: false
      charge: { call: { upstream: up, path: /payments }, undo: none, pivot: true }
      tell: { call: { upstream: up, path: /mails } }
routes:
  order: { match: { path: /orders, methods: [POST] }, saga: order }
  keyed: { match: { path: /keyed, methods: [POST] }, saga: { name: order, key: required } }
  cancel: { match: { path: /cancel, methods: [POST] }, command: { upstream: up } }
  operations: { match: { path: /operations/* }, operationStatus: {} }
`;

describe('portico audit', () => {
  test('knows what is risky about sagas and their store', async () => {
    const all = await findings(SAGAS);
    const own = /operations-|unknown-|pivot-|step-|store-|start-/;
    expect(all.filter((each) => own.test(each))).toEqual([
      '3 medium operations-unwatched store',
      '13 medium unknown-not-undone sagas.order.steps.reserve.undoUnknown',
      '17 medium start-without-key routes.order.saga',
      '19 medium start-without-key routes.cancel.command',
      '14 low pivot-repeats sagas.order.steps.charge.pivot',
      '11 low step-retried-twice sagas.order.steps.reserve.call',
      '3 low store-over-plain store.postgres',
    ]);
    const calm = SAGAS.replace('admin: false', 'admin: { host: 127.0.0.1 }')
      .replace('targets: [http://up]', 'targets: [http://up], retry: false')
      .replace('operations"', 'operations?sslmode=verify-full"')
      .replace('undoUnknown: false', '')
      .replace(', pivot: true', '')
      .replace('saga: order }', 'saga: { name: order, key: required } }')
      .replace('command: {', 'command: { key: required,');
    expect((await findings(calm)).filter((each) => own.test(each))).toEqual([]);
  });

  test.each([
    ['web: { targets: ["http://nginx-1:80"] }', 1],
    ['nginx: { targets: ["http://web:80"] }', 1],
    ['web: { discover: { dns: nginx.svc.local, port: 80 } }', 1],
    ['nginx: { targets: ["http://web:80"], via: false }', 0],
    ['web: { targets: ["http://web:80"] }', 0],
  ])('says what nginx does of Via: %s', async (upstream, count) => {
    const name = upstream.split(':')[0];
    const yaml = `version: 1\nupstreams: { ${upstream} }\nroutes: { a: { match: { path: /a }, upstream: ${name} } }\n`;
    const found = await findings(yaml);
    expect(found.filter((each) => each.includes('nginx-uncompressed'))).toHaveLength(count);
  });

  test('finds each risk at its place, the worst first', async () => {
    expect(await findings(RISKY)).toEqual([
      '4 high faults-allowed server.allowFaults',
      '7 high any-proxy-trusted server.trustedProxies[1]',
      '12 high keys-over-http plugins.jwt.issuers.a.jwks',
      '23 high cors-null-credentials routes.half.cors',
      '18 medium route-without-auth routes.open',
      '26 medium guard-by-condition routes.chosen.match',
      '2 medium admin-public admin.host',
      '5 medium escaped-slash-kept server.paths.escapedSlash',
      '6 medium large-bodies server.limits.body',
      '25 medium large-bodies routes.half.limits.body',
      '6 medium patient-limits server.limits.headersTimeout',
      '6 medium patient-limits server.limits.idle',
      '6 medium patient-limits server.limits.minRate',
      '45 medium mirror-unsafe routes.copied.mirror',
      '32 medium socket-outlives-token routes.live.websocket.expire',
      '48 medium hidden-files routes.site.files.dotfiles',
      '45 low mirror-shows-values routes.copied.mirror',
      '45 low mirror-uncompared routes.copied.mirror',
      '13 low shared-secret plugins.jwt.issuers.b.secret',
      '12 low no-audience plugins.jwt.issuers.a',
      '26 low compressed-secrets routes.chosen.compress',
      '21 low optional-token routes.half.jwt',
      '49 low free-operations routes.graph.operations.unknown',
      '47 low past-sunset routes.copied.version.sunset',
      '47 low deprecated-without-link routes.copied.version.deprecated',
      '18 low route-without-limit routes.open',
      '15 low upstream-over-http upstreams.up.targets[0]',
      '15 low no-breaker upstreams.up.breaker',
      '15 low nginx-uncompressed upstreams.up',
      '8 low no-access-log telemetry.logs.access',
      '32 low streams-without-limit routes.live.websocket',
      '33 low streams-without-limit routes.live.stream',
      '38 low split-not-sticky routes.split.split',
      '38 low ramp-over routes.split.split[1].ramp',
      '50 low upstream-errors-shown routes.page.aggregate.a.onError',
    ]);
  });

  test.each([
    ['jwt: { issuer: b, optional: true, scopes: [admin] }', ['jwt']],
    ['apiKey: { optional: true }', ['apiKey']],
    ['mtls: { required: false }, jwt: { issuer: b, optional: true }', ['jwt', 'mtls']],
    ['mtls: { required: false }, jwt: { issuer: b }', []],
    [
      'jwt: { issuer: b, optional: true }, apiKey: { optional: true }, auth: { anyOf: [jwt, apiKey] }',
      [],
    ],
    ['jwt: { issuer: b, optional: true }, authorize: { scopes: [admin] }', []],
    ['jwt: { issuer: b, optional: true }, forwardAuth: { upstream: up, path: /ask }', []],
  ])('%s lets in who brings nothing: %j', async (keys, plugins) => {
    const tls = resolve('test/fixtures/tls');
    const hash = 'ab'.repeat(32);
    const found = await findings(
      RISKY.replace('  jwt:\n', `  apiKey: { consumers: { a: { keys: [${hash}] } } }\n  jwt:\n`)
        .replace('jwt: { issuer: b, optional: true }', '')
        .replace(
          /routes:\n {2}open: .*/,
          `routes:\n  open: { match: { path: /open }, ${keys}, upstream: up }`,
        )
        .replace(
          'server:',
          `server:\n  tls: { cert: ${tls}/server.pem, key: ${tls}/server.key, clientCa: ${tls}/ca.pem, clientAuth: optional }`,
        ),
    );
    const optional = found.filter((line) => line.includes(' optional-token '));
    expect(optional.map((line) => line.split('.').at(-1))).toEqual(plugins);
  });

  test('calls no route open that a plugin of yours guards, and tells what that plugin finds', async () => {
    const folder = folderOf({
      'door.ts': `import { definePlugin, z } from 'portico';
        export default definePlugin({
          name: 'door', identifies: true, limits: true,
          settings: z.strictObject({ open: z.boolean().default(false) }), options: z.enum(['ajar', 'shut']),
          risks: {
            rules: { 'door-ajar': 'high' },
            *ofOptions(state, others, { identifying }) {
              if (state === 'ajar') yield { rule: 'door-ajar', path: [], message: identifying.join() };
            },
          },
          register: () => ({ route: () => undefined }),
        });`,
      'c.yaml': `version: 1
server: { host: '::1' }
admin: false
plugins: { door: { module: ./door.ts } }
upstreams: { up: { targets: [http://up] } }
routes:
  a: { match: { path: /a }, door: shut, upstream: up }
  b: { match: { path: /b }, door: ajar, upstream: up }`,
    });
    const of = async (...options: readonly string[]) => {
      const args = ['audit', '-c', join(folder, 'c.yaml'), '--json', ...options];
      const { out } = await run(args);
      return (JSON.parse(out.join('')) as Record<string, string>[]).map(
        ({ severity, rule, path }) => `${severity} ${rule} ${path}`,
      );
    };

    expect(await of()).toEqual(['high door-ajar routes.b.door']);
    expect(await of('--ignore', 'door-ajar')).toEqual([]);
  });

  test('has a finding of every rule, in that config, in one that says nothing, one with a socket, a quota, a store or keys', async () => {
    const socket = 'version: 1\nserver: { socket: /tmp/portico.sock, mode: "0666" }';
    const quota = 'version: 1\nplugins: { quota: { quotas: { q: { limit: 1, per: day } } } }';
    const store = 'version: 1\nstore: { embedded: ./data }';
    const keys = `version: 1
plugins: { apiKey: { consumers: { c: { keys: [${'ab'.repeat(32)}] } } } }
upstreams: { up: { targets: ['http://127.0.0.1:1'] } }
routes: { a: { match: { path: /a, methods: [POST] }, upstream: up, apiKey: {}, idempotency: { onError: allow, onUnknown: retry } } }`;
    const configs = [RISKY, 'version: 1', socket, quota, store, keys, SAGAS];
    const all = (await Promise.all(configs.map((text) => findings(text)))).flat();
    const found = new Set(all.map((line) => line.split(' ')[2]));
    expect(found).toEqual(new Set(RULES.keys()));
  });

  test('finds nothing where there is nothing', async () => {
    const file = fileOf(
      'version: 1\nserver: { host: ::1 }\nroutes: { a: { match: { path: /a }, respond: {} } }',
    );
    expect(await run(['audit', '-c', file])).toEqual({
      code: 0,
      out: [`${file}: no risk found`],
      err: [],
    });
  });

  test.each([
    ['http://orders:4001', 0],
    ['http://10.1.2.3', 0],
    ['http://172.20.0.1:80', 0],
    ['http://[fd00::1]', 0],
    ['http://orders.shop.svc.cluster.local', 0],
    ['http://orders.internal', 0],
    ['https://api.example.com', 0],
    ['http://172.32.0.1', 1],
    ['http://api.example.com', 1],
  ])('takes %s for a public one without TLS: %i', async (target, count) => {
    const text = `version: 1\nserver: { host: 127.0.0.1 }\nupstreams: { up: { targets: ['${target}'] } }`;
    expect(await findings(text)).toHaveLength(count);
  });

  test('prints a line each, and how many there are', async () => {
    const file = fileOf('version: 1\nadmin: { host: 0.0.0.0 }\nserver: { host: localhost }');
    const { out } = await run(['audit', '-c', file]);
    expect(out).toEqual([
      `${file}:2:16  medium  admin-public  admin.host: anyone who can reach it learns the names of routes and upstreams, and addresses`,
      '0 high, 1 medium, 0 low',
    ]);
  });

  test.each([
    [[], 1],
    [['--fail-on', 'low'], 1],
    [['--ignore', 'faults-allowed'], 0],
    [['--ignore', 'faults-allowed', '--fail-on', 'medium'], 1],
    [['--ignore', 'faults-allowed,admin-public', '--fail-on', 'low'], 0],
  ])('with %j ends with %i', async (options, code) => {
    const file = fileOf(
      'version: 1\nserver: { allowFaults: true, host: localhost }\nadmin: { host: 0.0.0.0 }',
    );
    expect((await run(['audit', '-c', file, ...options])).code).toBe(code);
  });

  test('names the rule that was meant, and ends with 2', async () => {
    const { code, err } = await run(['audit', '--ignore', 'no-braker']);
    expect([code, err]).toEqual([2, ['no rule "no-braker"; did you mean "no-breaker"?']]);
    expect((await run(['audit', '--fail-on', 'worst'])).code).toBe(2);
  });

  test('tells the faults of a config that is not valid, and ends with 78', async () => {
    const { code, out, err } = await run(['audit', '-c', fileOf('version: 2')]);
    expect([code, out, err.length]).toEqual([78, [], 2]);
  });

  test('has every rule in docs/audit.md', () => {
    const documented = readFileSync('docs/audit.md', 'utf8').matchAll(
      /^\| `([a-z-]+)` \| (\w+) \|/gm,
    );
    expect([...documented].map(([, id, severity]) => `${id} ${severity}`)).toEqual(
      [...RULES].map((rule) => rule.join(' ')),
    );
  });
});
