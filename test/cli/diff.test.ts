/** `portico diff`: its options, what it never shows, and the modules of both configs. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';
import { complete, diffBetween } from '../diff/pairs.ts';
import { run } from './run.ts';

const GUARDED = `routes:
  a: { match: { path: /a }, jwt: { issuer: shop }, upstream: orders, timeout: 2s }
`;
const OPEN = `routes:
  a: { match: { path: /a }, upstream: orders, timeout: 1s }
`;
const RAISED = `routes:
  a: { match: { path: /a }, jwt: { issuer: shop }, upstream: orders, timeout: 2s, limits: { body: 2MiB } }
`;

describe('portico diff', () => {
  test('tells risks, routes, requests, upstreams and all else, each at its lines', async () => {
    const before = `routes:
  a: { match: { path: /a/* }, jwt: { issuer: shop }, upstream: orders }
  gone: { match: { path: /gone }, jwt: { issuer: shop }, upstream: orders }
upstreams: { orders: { targets: ["https://orders:1"] }, users: { targets: ["https://users:1"] } }
server: { host: 127.0.0.1 }
`;
    const after = `routes:
  a: { match: { path: /a/* }, jwt: { issuer: shop, optional: true }, upstream: orders }
  new: { match: { path: /a/b, methods: [GET] }, jwt: { issuer: shop }, upstream: orders }
upstreams: { orders: { targets: ["https://orders:1"], http2: true, timeout: 2s }, more: { targets: ["https://more:1"] } }
server: { host: 127.0.0.1, port: 8081 }
`;
    const { out } = await diffBetween(complete(before), complete(after));
    expect(out.join('\n')).toBe(`risks:
  high    loosened  routes.a.jwt.optional: requests without a token are admitted (old:2 → new:2)
  low     route-without-limit  routes.new: a single client may send any number of requests (old:1 → new:3)

routes:
  + new: GET /a/b → forward to orders (new:3)
  - gone: any /gone → forward to orders (old:3)
  ~ a: + jwt.optional true (new:2)

requests that go to another route:
  GET /a/b: a → new

upstreams:
  ~ orders: new sockets (new:4)
  - users: all of its state (old:4)
  + more: new (new:4)
  ~ orders: + http2 true (new:4)
  ~ orders: + timeout 2s (new:4)

other:
  ~ + server.port 8081 (new:5)

restart required:
  server.port`);
  });

  test.each<[string, string, readonly string[], number]>([
    ['nothing', GUARDED, [], 0],
    ['a high risk', OPEN, [], 1],
    ['a high risk', OPEN, ['--fail-on', 'high'], 1],
    ['a high risk that is ignored', OPEN, ['--ignore', 'auth-removed'], 0],
    ['a low risk', RAISED, [], 0],
    ['a low risk', RAISED, ['--fail-on', 'low'], 1],
    ['a low risk that is ignored', RAISED, ['--fail-on', 'low', '--ignore', 'limit-raised'], 0],
  ])('with %s ends with its code (%#)', async (_what, after, options, code) => {
    expect((await diffBetween(complete(GUARDED), complete(after), ...options)).code).toBe(code);
  });

  test('prints the same as JSON', async () => {
    const { out } = await diffBetween(complete(GUARDED), complete(OPEN), '--json');
    expect(JSON.parse(out.join('\n'))).toEqual({
      risks: [
        {
          rule: 'auth-removed',
          severity: 'high',
          paths: ['routes.a.jwt'],
          message: 'anyone may call it: jwt is gone',
          before: { file: 'old', line: 2 },
          after: { file: 'new', line: 2 },
        },
      ],
      added: [],
      removed: [],
      moved: [],
      changed: [
        {
          section: 'routes',
          names: ['a'],
          text: 'timeout 2s → 1s',
          before: { file: 'old', line: 2 },
          after: { file: 'new', line: 2 },
        },
        { section: 'routes', names: ['a'], text: '- jwt', before: { file: 'old', line: 2 } },
      ],
      upstreams: [],
      restart: [],
    });
  });

  test('prints the faults of both configs, and ends with 78', async () => {
    const { code, out, err } = await diffBetween('version: 2\n', 'version: 1\nrotues: {}\n');
    expect([code, out]).toEqual([78, ['']]);
    expect(err).toEqual([
      expect.stringMatching(/^old:1:10 {2}version: /),
      expect.stringMatching(/^new:2:1 {2}rotues: unknown key; did you mean "routes"/),
      '2 faults',
    ]);
  });

  test('names the rule that was meant, and ends with 2', async () => {
    const { code, err } = await diffBetween(complete(''), complete(''), '--ignore', 'losened');
    expect([code, err]).toEqual([2, ['no rule "losened"; did you mean "loosened"?']]);
    expect((await run(['diff', 'old.yaml'])).code).toBe(2);
  });

  test('shows no secret, and nothing from the environment', async () => {
    const text = (secret: string, scope: string, token: string): string => `version: 1
admin: { token: "${token}" }
plugins:
  jwt: { issuers: { shop: { issuer: shop, audience: shop, algorithms: [HS256], secret: "${secret}" } } }
  rateLimit: { store: { redis: "redis://:plain-password-${token}@127.0.0.1:1" } }
upstreams: { orders: { targets: ["https://orders:1"] } }
routes:
  a: { match: { path: /a, headers: { x-token: "${token}" } }, jwt: { issuer: shop, scopes: ["${scope}"] }, upstream: orders }
`;
    const folder = folderOf({
      old: text('${OLD}', '${READ}', 'plain-token-of-old'),
      new: text('${NEW}', '${WRITE}', 'plain-token-of-new'),
    });
    const environment = {
      OLD: 'hunter2-hunter2-hunter2-hunter2-old',
      NEW: 'hunter2-hunter2-hunter2-hunter2-new',
      READ: 'hunter2-read',
      WRITE: 'hunter2-write',
    };
    for (const options of [[], ['--json']]) {
      const args = ['diff', join(folder, 'old'), join(folder, 'new'), ...options];
      const { out, err } = await run(args, environment);
      expect(err).toEqual([]);
      expect(out.join('\n')).toContain('look at the values from outside');
      expect(out.join('\n')).toContain('admin.token changed');
      expect(out.join('\n')).not.toMatch(/hunter2|plain-(?:token|password)/);
    }
  });
});

const door = (more: string): string => `import { definePlugin, z } from 'portico';
export default definePlugin({
  name: 'door', identifies: true, settings: z.strictObject({}), options: z.enum(['shut', 'ajar']),
  ${more}
  register: () => ({ route: () => undefined }),
});
`;

describe('a module of yours', () => {
  const config = (state: string): string => `version: 1
server: { host: 127.0.0.1 }
plugins: { door: { module: ./door.ts } }
routes: { a: { match: { path: /a }, door: ${state}, respond: {} } }
`;

  async function risksOf(files: Readonly<Record<string, string>>): Promise<string[]> {
    const folder = folderOf(files);
    const { out, err } = await run(['diff', join(folder, 'old/c'), join(folder, 'new/c')]);
    expect(err).toEqual([]);
    const lines = out.join('\n').replaceAll(`${folder}/`, '').split('\n');
    return lines
      .filter((line) => /^ {2}(?:high|medium|low) /.test(line))
      .map((line) => line.trim());
  }

  test('says itself what its options admit', async () => {
    const own = door(
      `loosened: { *ofOptions(before, after) {
        if (before === 'shut' && after === 'ajar') yield { path: [], message: 'it opens' };
      } },`,
    );
    const files = { 'old/door.ts': own, 'new/door.ts': own };
    expect(await risksOf({ ...files, 'old/c': config('shut'), 'new/c': config('ajar') })).toEqual([
      'medium  loosened  routes.a.door: it opens (old/c:4 → new/c:4)',
    ]);
    expect(await risksOf({ ...files, 'old/c': config('ajar'), 'new/c': config('shut') })).toEqual(
      [],
    );
  });

  test('that says nothing is to be looked at when it changes', async () => {
    const files = { 'old/door.ts': door(''), 'new/door.ts': door('') };
    expect(await risksOf({ ...files, 'old/c': config('ajar'), 'new/c': config('shut') })).toEqual([
      'medium  plugin-changed  routes.a.door: door has changed, and does not tell what that admits: look at it (old/c:4 → new/c:4)',
    ]);
  });

  test('is loaded from the folder of each config, and its code is compared', async () => {
    const files = { 'old/door.ts': door(''), 'new/door.ts': door('// Otherwise.') };
    expect(await risksOf({ ...files, 'old/c': config('shut'), 'new/c': config('shut') })).toEqual([
      'medium  code-changed  plugins.door.module: its code has changed: look at what it admits (old/c:3 → new/c:3)',
    ]);
  });

  test('of a BFF: its code is compared too', async () => {
    const bff = (more: string): string =>
      `import { defineBff } from 'portico';\nexport default defineBff({ upstreams: [] }, () => {${more}});\n`;
    const file =
      'version: 1\nserver: { host: 127.0.0.1 }\nroutes: { a: { match: { path: /a/* }, bff: ./bff.ts } }\n';
    const files = { 'old/bff.ts': bff(''), 'new/bff.ts': bff(' '), 'old/c': file, 'new/c': file };
    expect(await risksOf(files)).toEqual([
      'low     code-changed  routes.a.bff: its code has changed (old/c:3 → new/c:3)',
    ]);
  });

  test('of Fastify, which is on every route, is to be looked at when it goes', async () => {
    const own = 'export default async function guard() {}\n';
    const after = 'version: 1\nserver: { host: 127.0.0.1 }\nplugins: {}\n';
    const before = after.replace('{}', '{ guard: { module: ./guard.ts } }');
    expect(await risksOf({ 'old/guard.ts': own, 'old/c': before, 'new/c': after })).toEqual([
      'medium  plugin-changed  plugins.guard: it is on every route, and is gone: look at what it refused (old/c:3 → new/c:3)',
    ]);
  });
});
