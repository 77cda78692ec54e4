import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Nothing imports from a later line. This order is the architecture; README.md draws it. */
const LAYERS: readonly (readonly string[])[] = [
  [
    'src/errors.ts',
    'src/clock.ts',
    'src/descriptors.ts',
    'src/timeouts.ts',
    'src/cancellation.ts',
    'src/headers.ts',
    'src/canonical-host.ts',
    'src/canonical-path.ts',
    'src/path-parameters.ts',
    'src/json-number.ts',
    'src/json-scan.ts',
    'src/json.ts',
    'src/value-path.ts',
    'src/claims.ts',
    'src/decode.ts',
    'src/spent-buffers.ts',
    'src/flow-windows.ts',
    'src/reader-watch.ts',
    'src/sink.ts',
    'src/body.ts',
    'src/lag.ts',
    'src/upload-pace.ts',
    'src/upload-attempt.ts',
    'src/upload.ts',
    'src/call.ts',
  ],
  ['src/config/'],
  ['src/policies/', 'src/observe/'],
  ['src/upstream/'],
  ['src/edge/'],
  ['src/routes/', 'src/actions/'],
  ['src/authoring/', 'src/index.ts'],
  ['plugins/', 'bff/'],
  ['src/modules.ts', 'src/assembly/', 'src/gateway.ts'],
  [
    'src/status.ts',
    'src/admin-guard.ts',
    'src/admin.ts',
    'src/listener/',
    'src/http-server.ts',
    'src/descriptor-notice.ts',
    'src/server.ts',
    'src/testing.ts',
    'src/cli/',
    'src/running-copy.ts',
    'src/process.ts',
    'src/main.ts',
  ],
];

/** Third-party packages, and the only places that know them. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@fastify/jwt': ['plugins/jwt/'],
  '@fastify/rate-limit': ['plugins/rate-limit/'],
  ajv: ['plugins/validate/'],
  'ajv/dist/2020.js': ['plugins/validate/'],
  'ajv-formats': ['plugins/validate/'],
  cockatiel: ['src/policies/'],
  commander: ['src/cli/'],
  fastify: [
    'src/observe/log.ts',
    'src/edge/',
    'src/routes/',
    'src/actions/',
    'src/authoring/',
    'src/assembly/',
    'src/server.ts',
    'src/admin.ts',
    'src/testing.ts',
    'plugins/',
  ],
  'find-my-way': ['src/assembly/'],
  ioredis: ['plugins/redis/'],
  pino: ['src/observe/', 'src/testing.ts'],
  'prom-client': ['src/observe/'],
  re2js: ['src/config/'],
  undici: ['src/upstream/'],
  yaml: ['src/config/'],
  zod: [
    'src/config/',
    'src/actions/',
    'src/authoring/',
    'src/index.ts',
    'src/modules.ts',
    'src/assembly/',
  ],
};

const SOURCES = globSync('{src,plugins,bff}/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
const layerOf = (file: string): number =>
  LAYERS.findIndex((layer) => layer.some((prefix) => file.startsWith(prefix)));
const specifiersOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?<!\.)(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, name]) => name!,
  );

describe('architecture', () => {
  test('every source file has a layer', () => {
    expect(SOURCES.filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  test.each(SOURCES)('%s imports only what lies below it, and exists', (file) => {
    const targets = specifiersOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => new URL(name, `file:///${file}`).pathname.slice(1));
    // gateway.ts lists the built-in plugins, which import `portico`, never a path.
    expect(targets.filter((target) => layerOf(target) > layerOf(file))).toEqual([]);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });

  test.each(SOURCES)('%s uses third-party packages only where they are at home', (file) => {
    const packages = specifiersOf(file).filter((name) => !/^(\.|node:|portico(\/|$))/.test(name));
    const strangers = packages.filter(
      (name) => !(HOMES[name] ?? []).some((home) => file.startsWith(home)),
    );
    expect(strangers).toEqual([]);
  });

  test.each(globSync('{plugins,bff}/**/*.ts'))('%s imports portico, or its own folder', (file) => {
    const folder = file
      .split('/')
      .slice(0, file.startsWith('bff/') ? 2 : 1)
      .join('/');
    const outside = specifiersOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => new URL(name, `file:///${file}`).pathname.slice(1))
      .filter((target) => !target.startsWith(`${folder}/`));
    expect(outside).toEqual([]);
  });

  test('Node runs every source file as it is', () => {
    // main.ts and process.ts would run; all else may be imported.
    const files = SOURCES.filter(
      (file) => !['src/main.ts', 'src/process.ts', 'src/running-copy.ts'].includes(file),
    );
    const script = [
      `await import('./src/running-copy.ts');`,
      ...files.map((file) => `await import('./${file}');`),
      'process.exit(0);',
    ].join('\n');
    const args = ['--input-type=module', '--eval', script];
    expect(() => execFileSync(process.execPath, args, { stdio: 'pipe' })).not.toThrow();
  });
});
