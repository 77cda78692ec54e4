import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Nothing imports from a later line. This order is the architecture; ARCHITECTURE.md draws it. */
const LAYERS: readonly (readonly string[])[] = [
  ['src/core/'],
  ['src/config/'],
  ['src/policies/', 'src/observe/', 'src/operations/'],
  ['src/upstream/', 'src/engine/'],
  ['src/edge/'],
  ['src/routes/', 'src/actions/', 'src/openapi/'],
  ['src/authoring/', 'src/index.ts'],
  ['plugins/shared/'],
  ['plugins/', 'bff/'],
  ['src/assembly/', 'src/generation.ts'],
  [
    'src/explain/',
    'src/admin/',
    'src/listener/',
    'src/running/',
    'src/gateway.ts',
    'src/testing/',
    'src/testing.ts',
    'src/load/',
    'src/diff/',
    'src/cli/',
    'src/main.ts',
  ],
];

/** Third-party packages, and the only places that know them. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@fastify/http-proxy': ['src/assembly/bff-forward.ts'],
  '@fastify/jwt': ['plugins/jwt/'],
  '@fastify/rate-limit': ['plugins/rate-limit/'],
  ajv: ['plugins/validate/', 'src/cli/dev/drift/'],
  'ajv/dist/2020.js': ['plugins/validate/', 'src/cli/dev/drift/'],
  'ajv-formats': ['plugins/validate/', 'src/cli/dev/drift/'],
  autocannon: ['src/load/'],
  cockatiel: ['src/policies/'],
  commander: ['src/cli/'],
  fastify: [
    'src/observe/log.ts',
    'src/edge/',
    'src/routes/',
    'src/actions/',
    'src/authoring/',
    'src/assembly/',
    'src/gateway.ts',
    'src/running/',
    'src/explain/',
    'src/admin/',
    'src/testing.ts',
    'src/testing/',
    'plugins/',
  ],
  'find-my-way': ['src/assembly/'],
  graphql: ['src/config/graphql/'],
  ioredis: ['plugins/shared/redis/'],
  'mime-types': ['src/actions/'],
  pino: ['src/observe/', 'src/testing.ts'],
  'prom-client': ['src/observe/'],
  re2js: ['src/config/'],
  sax: ['src/routes/xml/'],
  undici: ['src/upstream/'],
  uplot: ['src/admin/page/'],
  yaml: ['src/config/'],
  '@dbos-inc/dbos-sdk': ['src/engine/thread/'],
  '@dbos-inc/dbos-sdk/internal/utils': ['src/engine/thread/'],
  '@electric-sql/pglite': ['src/engine/thread/'],
  '@electric-sql/pglite-socket': ['src/engine/thread/'],
  pg: ['src/engine/thread/'],
  '@opentelemetry/api': ['src/observe/tracing/'],
  '@opentelemetry/exporter-trace-otlp-http': ['src/observe/tracing/'],
  '@opentelemetry/otlp-exporter-base': ['src/observe/tracing/'],
  '@opentelemetry/otlp-exporter-base/node-http': ['src/observe/tracing/'],
  '@opentelemetry/otlp-grpc-exporter-base': ['src/observe/tracing/'],
  '@opentelemetry/otlp-transformer': ['src/observe/tracing/'],
  '@opentelemetry/resources': ['src/observe/tracing/'],
  '@opentelemetry/sdk-node': ['src/observe/tracing/'],
  '@opentelemetry/sdk-trace': ['src/observe/tracing/'],
  zod: ['src/config/', 'src/actions/', 'src/authoring/', 'src/index.ts', 'src/assembly/'],
};

const SOURCES = globSync('{src,plugins,bff}/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
const layerOf = (file: string): number =>
  LAYERS.findIndex((layer) => layer.some((prefix) => file.startsWith(prefix)));
const specifiersIn = (text: string): string[] =>
  [...text.matchAll(/(?<!\.)(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name!);
const specifiersOf = (file: string): string[] => specifiersIn(readFileSync(file, 'utf8'));

/** The files that `file` imports for more than their types. */
const valueImportsOf = (file: string): string[] =>
  [
    ...readFileSync(file, 'utf8').matchAll(
      /^(?:(?:import|export)\s+(?!type\b)[^;]*?from|import)\s+'(\.[^']+)'/gm,
    ),
  ].map(([, name]) => new URL(name!, `file:///${file}`).pathname.slice(1));

/** Files that import each other in a circle, the first twice; `undefined` where there are none. */
function findCircle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, above: readonly string[]): string[] | undefined => {
    if (above.includes(file)) return [...above.slice(above.indexOf(file)), file];
    if (done.has(file)) return undefined;
    done.add(file);
    for (const next of graph.get(file) ?? []) {
      const circle = walk(next, [...above, file]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = walk(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Not to be imported: they run. */
const RUNNING: ReadonlySet<string> = new Set(
  ['main', 'cli/process', 'cli/running-copy', 'cli/warm-up'].map((name) => `src/${name}.ts`),
);

describe('architecture', () => {
  test('every source file has a layer', () => {
    expect(SOURCES.filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  test.each(SOURCES)('%s imports only what lies below it, and exists', (file) => {
    const targets = specifiersOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => new URL(name, `file:///${file}`).pathname.slice(1));
    // assembly/modules.ts lists the built-in plugins, which import `portico`, never a path.
    expect(targets.filter((target) => layerOf(target) > layerOf(file))).toEqual([]);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });

  test('no file lies loose in src/ but the entry points', () => {
    expect(globSync('src/*.ts').toSorted()).toEqual(
      ['gateway', 'generation', 'index', 'main', 'testing'].map((name) => `src/${name}.ts`),
    );
  });

  test('no imports go in a circle', () => {
    const graph = new Map(SOURCES.map((file) => [file, valueImportsOf(file)]));
    expect(findCircle(graph)).toBeUndefined();
  });

  test.each(SOURCES)('%s uses third-party packages only where they are at home', (file) => {
    const packages = specifiersOf(file).filter((name) => !/^(\.|node:|portico(\/|$))/.test(name));
    const strangers = packages.filter(
      (name) => !(HOMES[name] ?? []).some((home) => file.startsWith(home)),
    );
    expect(strangers).toEqual([]);
  });

  test.each(globSync('{plugins,bff}/**/*.ts'))(
    '%s imports portico, its own folder, or what plugins share',
    (file) => {
      const own = /^(?:plugins|bff)\/[^/]+\//.exec(file)?.[0] ?? file;
      // What our plugins share, and a plugin elsewhere would not miss; all else that they share is `portico`. BFFs have the
      // types of the services that they call in common.
      const allowed = [own, file.startsWith('plugins/') ? 'plugins/shared/' : 'bff/types/'];
      const outside = specifiersOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => new URL(name, `file:///${file}`).pathname.slice(1))
        .filter((target) => !allowed.some((place) => target.startsWith(place)));
      expect(outside).toEqual([]);
    },
  );

  test.each(globSync('src/admin/page/**/*.js'))(
    '%s imports files of the page by their names, for a browser',
    (file) => {
      // In comments, they are types, and may be of the gateway's own code.
      const code = readFileSync(file, 'utf8').replaceAll(/\/\*\*[^]*?\*\//g, '');
      const names = specifiersIn(code);
      expect(names.filter((name) => !/^\.\.?\/.*\.js$/.test(name))).toEqual([]);
      const targets = names.map((name) => new URL(name, `file:///${file}`).pathname.slice(1));
      expect(targets.filter((target) => !target.startsWith('src/admin/page/'))).toEqual([]);
      expect(targets.filter((target) => !existsSync(target))).toEqual([]);
    },
  );

  // What loads them is loaded by a start; a command that makes load runs by itself.
  test.each(SOURCES.filter((file) => !file.startsWith('src/load/')))(
    '%s takes nothing but types from node:http, which would load the undici of Node',
    (file) => {
      const text = readFileSync(file, 'utf8');
      expect(text).not.toMatch(/^import (?!type\b)[^;]*? from 'node:http';/m);
    },
  );

  test('Node runs every source file as it is', () => {
    const files = SOURCES.filter((file) => !RUNNING.has(file));
    const script = [
      `await import('./src/cli/running-copy.ts');`,
      ...files.map((file) => `await import('./${file}');`),
      'process.exit(0);',
    ].join('\n');
    const args = ['--input-type=module', '--eval', script];
    expect(() => execFileSync(process.execPath, args, { stdio: 'pipe' })).not.toThrow();
  });
});
