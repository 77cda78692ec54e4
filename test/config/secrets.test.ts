import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultsOf, folderOf, withOrders } from './config-files.ts';

/** Every way in which a message could take a value apart. */
const SECRET = 'S3cr3t-Value';

/** The faults of `more` where `${X}` is `value`; none of them may show it. */
async function faultsWith(more: string, value: string): Promise<string[]> {
  const text = more.startsWith('upstreams') ? `version: 1\n${more}` : withOrders(more);
  const faults = await faultsOf(text, { X: value });
  expect(faults.length).toBeGreaterThan(0);
  return faults;
}

const route = (keys: string): string => `routes: { a: { upstream: orders, ${keys} } }`;
const discover = (keys: string): string => `upstreams: { b: { discover: { ${keys} } } }`;
const match = 'match: { path: "/a/{id}" }';

describe('a value from the environment', () => {
  test.each([
    ['a number', 'server: { port: "${X}" }', SECRET],
    ['a duration', 'server: { limits: { idle: "${X}" } }', SECRET],
    ['a size', 'server: { limits: { body: "a ${X} b" } }', SECRET],
    ['one of some words', 'telemetry: { logs: { level: "${X}" } }', SECRET],
    ['an origin', 'upstreams: { b: { targets: ["${X}"] } }', `ftp://${SECRET}`],
    ['an origin with a path', 'upstreams: { b: { targets: ["${X}"] } }', `http://${SECRET}/x`],
    ['an origin within text', 'upstreams: { b: { targets: ["http://${X}/x"] } }', SECRET],
    ['a name to look up', discover('dns: "${X}", port: 80'), `${SECRET} x`],
    ['an address to look up', discover('dns: "${X}", port: 80'), '203.0.113.254'],
    ['a DNS server', discover('dns: a, port: 80, resolver: "${X}"'), SECRET],
    ['an agent of Consul', discover('consul: "${X}", service: a'), `http://${SECRET}/v1`],
    ['an upstream', 'routes: { a: { match: { path: /a }, upstream: "${X}" } }', SECRET],
    ['a path', route('match: { path: "${X}" }'), SECRET],
    ['a path that is not canonical', route('match: { path: "${X}" }'), `/./${SECRET}/x`],
    [
      'a path whose parameter stands twice',
      route('match: { path: "${X}" }'),
      `/{Abc${SECRET.slice(8)}}/*/x`,
    ],
    ['a rewrite', route(`${match}, rewrite: "\${X}"`), `/{${SECRET.replaceAll('-', '_')}}`],
    ['a rewrite that is not canonical', route(`${match}, rewrite: "\${X}"`), `//${SECRET}`],
    ['a regex', route('match: { pathRegex: "${X}" }'), `/x(?<${SECRET}>y)`],
    ['a method', route('match: { path: /a, methods: ["${X}"] }'), 'SECRETMETHOD'],
    ['a host', route('match: { path: /a, hosts: ["${X}"] }'), `${SECRET}:80`],
    ['a module', 'plugins: { mine: { module: "${X}" } }', `./${SECRET}.ts`],
    ['an issuer in a list', route(`${match}, jwt: { issuer: ["\${X}"] }`), SECRET],
    ['a file to include', 'include: ["${X}/*.yaml"]', SECRET],
    [
      'a source',
      route(`${match}, rateLimit: { max: 1, window: 1s, by: "\${X}" }`),
      `claim:${SECRET}`,
    ],
  ])('that should be %s is never printed', async (_what, more, value) => {
    for (const fault of await faultsWith(more, value)) {
      expect(fault).not.toMatch(/s3cr3t|value|secretmethod/i);
      expect(fault).toMatch(/\$\{X\}|…/);
    }
  });

  test('is never printed when it is long, and the message would cut it', async () => {
    const long = `${SECRET}-${'x'.repeat(100)}`;
    const [fault] = await faultsWith('server: { port: "${X}" }', long);
    expect(fault).toBe('c.yaml:3:17  server.port: expected a number, found ${X}');
  });

  test('is never printed when it needs escapes', async () => {
    const odd = `${SECRET}"\n\\ü`;
    expect(await faultsWith('server: { port: "${X}" }', odd)).toEqual([
      'c.yaml:3:17  server.port: expected a number, found ${X}',
    ]);
    expect(await faultsWith('server: { limits: { idle: "${X}" } }', odd)).toEqual([
      'c.yaml:3:27  server.limits.idle: "${X}" is not a duration such as "250ms": its unit is ms, s, m or h',
    ]);
  });

  test('is never printed by way of an alias or a merge', async () => {
    const text = [
      'upstreams:',
      '  a: &a { targets: [&t "${X}"], host: h }',
      '  b: { targets: [*t] }',
      '  c: { <<: *a, host: h }',
    ].join('\n');
    const faults = await faultsOf(`version: 1\n${text}`, { X: `ftp://${SECRET}` });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join('\n')).not.toContain(SECRET);
    expect(faults[0]).toContain('${X} is not an http or https URL');
  });

  test('is never printed when it is a number', async () => {
    expect(await faultsOf(withOrders('server:\n  port: ${X}'), { X: '70001' })).toEqual([
      'c.yaml:4:9  server.port: must be at most 65535, found ${X}',
    ]);
    expect(await faultsOf(withOrders('server:\n  paths: ${X}'), { X: '70001' })).toEqual([
      'c.yaml:4:10  server.paths: expected a map, found ${X}',
    ]);
  });

  test('changes no other word of the message', async () => {
    expect(await faultsOf(withOrders('admin:\n  port: ${X}'), { X: '-1' })).toEqual([
      'c.yaml:4:9  admin.port: must be at least 0, found ${X}',
    ]);
    const level = 'telemetry: { logs: { level: "${X}" } }';
    expect(await faultsOf(withOrders(level), { X: 'silentt' })).toEqual([
      'c.yaml:3:29  telemetry.logs.level: expected one of trace, debug, info, warn, error, silent, found ${X}; did you mean "silent"?',
    ]);
  });

  test('is told by all that was written, default and text around it', async () => {
    expect(await faultsOf(withOrders('server: { port: "x${X:-1}y" }'))).toEqual([
      'c.yaml:3:17  server.port: expected a number, found x${X:-1}y',
    ]);
  });
});

test('a secret from a file is never printed', async () => {
  const file = join(folderOf({}), 'secret');
  writeFileSync(file, `${SECRET}\n`);
  const faults = await faultsOf(withOrders(`server: { port: "\${file:${file}}" }`));
  expect(faults).toEqual([`c.yaml:3:17  server.port: expected a number, found \${file:${file}}`]);
});

test('a password in an origin is not printed either', async () => {
  const text = 'version: 1\nupstreams: { a: { targets: ["http://me:hunter2@a:1"] } }';
  expect(await faultsOf(text)).toEqual([
    'c.yaml:2:29  upstreams.a.targets[0]: must not contain a user name or password',
  ]);
});
