import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Origin } from '../../src/config/build/provenance.ts';
import type { Environment } from '../../src/config/yaml/environment.ts';
import { type Files, folderOf, load } from './config-files.ts';

const CONFIG = `version: 1
server:
  port: \${PORT}
admin: { token: in-plain-sight-but-secret }
plugins:
  rateLimit: { store: { redis: "\${REDIS}" } }
upstreams:
  orders:
    targets: [http://orders:4001]
    timeout: 2s
    breaker: { minimum: 7 }
  users: { targets: [http://users:4001] }
defaults:
  routes:
    rateLimit: { max: 100, window: 1m }
  upstreams:
    deadline: 9s
    breaker: { window: 3s }
routes:
  orders:
    match: { path: /orders/* }
    upstream: orders
    rateLimit:
      max: 5
      window: 1s
  users:
    match: [{ path: /users/*, methods: [GET] }]
    upstream: users
    timeout: 1s
    deadline: "\${DEADLINE}"
  open: { match: { path: /open }, respond: { status: 204 }, rateLimit: false }
`;

const ENVIRONMENT = { PORT: '8081', REDIS: 'redis://:hunter2@redis', DEADLINE: '4s' };

/** The origin of each path, with the name of its file and its line as `file:line`. */
async function originsIn(
  files: Files,
  paths: readonly string[],
  environment: Environment = ENVIRONMENT,
): Promise<unknown[]> {
  const folder = folderOf(files);
  const { originOf } = await load(join(folder, Object.keys(files)[0]!), environment);
  const short = ({ file, line, ...rest }: Origin): object =>
    file === undefined ? rest : { ...rest, at: `${file.replace(`${folder}/`, '')}:${line}` };
  return paths.map((path) => {
    const origin = originOf(path);
    return origin && short(origin);
  });
}

const originsOf = (...paths: string[]): Promise<unknown[]> =>
  originsIn({ 'c.yaml': CONFIG }, paths);

describe('a value comes from', () => {
  test("the route's own key", async () => {
    expect(
      await originsOf('routes.orders.rateLimit.max', 'routes.orders.rateLimit.window'),
    ).toEqual([
      { value: 5, from: 'route', at: 'c.yaml:24' },
      { value: 1_000, from: 'route', at: 'c.yaml:25' },
    ]);
    expect(await originsOf('routes.users.match[0].methods[0]')).toEqual([
      { value: 'GET', from: 'route', at: 'c.yaml:27' },
    ]);
    expect(await originsOf('routes.open.rateLimit')).toEqual([
      { value: false, from: 'route', at: 'c.yaml:31' },
    ]);
  });

  test('a default, where the route or upstream has no such key', async () => {
    expect(await originsOf('routes.users.rateLimit.max', 'upstreams.users.deadline')).toEqual([
      { value: 100, from: 'default', at: 'c.yaml:15' },
      { value: 9_000, from: 'default', at: 'c.yaml:17' },
    ]);
  });

  test('the upstream, where the route replaces nothing of it', async () => {
    expect(await originsOf('upstreams.orders.timeout', 'routes.orders.timeout')).toEqual([
      { value: 2_000, from: 'upstream', at: 'c.yaml:10' },
      { value: 2_000, from: 'upstream', at: 'c.yaml:10' },
    ]);
    expect(await originsOf('routes.users.timeout', 'routes.orders.deadline')).toEqual([
      { value: 1_000, from: 'route', at: 'c.yaml:29' },
      { value: 9_000, from: 'default', at: 'c.yaml:17' },
    ]);
  });

  test('what is built in, where nobody says it', async () => {
    expect(
      await originsOf(
        'upstreams.users.timeout',
        'upstreams.users.bulkhead.concurrency',
        'upstreams.users.connections',
        'routes.orders.priority',
        'routes.orders.rateLimit.by',
        'server.limits.url',
        'routes.orders.limits.body',
      ),
    ).toEqual(
      [10_000, 128, 128, 0, 'consumer', 8_192, 1_048_576].map((value) => ({
        value,
        from: 'built-in',
      })),
    );
  });

  test('one place alone: a key of its own replaces all of the default', async () => {
    expect(
      await originsOf(
        'upstreams.users.breaker.window',
        'upstreams.orders.breaker.minimum',
        'upstreams.orders.breaker.window',
      ),
    ).toEqual([
      { value: 3_000, from: 'default', at: 'c.yaml:18' },
      { value: 7, from: 'upstream', at: 'c.yaml:11' },
      { value: 10_000, from: 'built-in' },
    ]);
  });

  test('the included file in which it is written, and the anchor that an alias names', async () => {
    const files = {
      'c.yaml': 'version: 1\ninclude: [more.yaml]',
      'more.yaml': [
        'upstreams:',
        '  a: &a',
        '    targets: [http://a:1]',
        '    timeout: 3s',
        '  b: { <<: *a, deadline: 4s }',
      ].join('\n'),
    };
    expect(await originsIn(files, ['upstreams.b.timeout', 'upstreams.b.deadline'])).toEqual([
      { value: 3_000, from: 'upstream', at: 'more.yaml:4' },
      { value: 4_000, from: 'upstream', at: 'more.yaml:5' },
    ]);
  });
});

describe('what came from outside, or is a secret by its name,', () => {
  test('is told by its place alone', async () => {
    expect(
      await originsOf(
        'server.port',
        'routes.users.deadline',
        'plugins.rateLimit.store.redis',
        'admin.token',
      ),
    ).toEqual([
      { from: 'config', at: 'c.yaml:3' },
      { from: 'route', at: 'c.yaml:30' },
      { from: 'config', at: 'c.yaml:6' },
      { from: 'config', at: 'c.yaml:4' },
    ]);
  });

  test('is not told as part of something else', async () => {
    const paths = ['server', 'admin', 'plugins', 'plugins.rateLimit', 'routes', 'routes.users'];
    const told = JSON.stringify(await originsOf(...paths));
    expect(told).not.toMatch(/8081|plain-sight|hunter2|4000|"value"/);
  });
});

test('what the config does not have comes from nowhere', async () => {
  const paths = ['', 'sever', 'routes.none.timeout', 'routes.open.upstream', 'routes.open.jwt'];
  expect(await originsOf(...paths, 'upstreams.orders.retri', 'upstreams.none')).toEqual(
    Array.from({ length: 7 }, () => undefined),
  );
});
