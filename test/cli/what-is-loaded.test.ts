import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Prints what a process has loaded when it ends: addresses of files, and names of Node's own modules. */
const TELL = `
import { registerHooks } from 'node:module';
import { writeFileSync } from 'node:fs';
const files = [];
registerHooks({ load: (url, context, next) => (files.push(url), next(url, context)) });
process.on('exit', () =>
  writeFileSync(process.env.TOLD, JSON.stringify([...files, ...process.moduleLoadList])));
`;

const CONFIG = {
  version: 1,
  server: { host: '127.0.0.1', port: 0 },
  admin: { port: 0 },
  upstreams: { up: { targets: ['http://127.0.0.1:9'] } },
  routes: { all: { match: { path: '/*' }, upstream: 'up' } },
};

/** What `portico validate`, which does all of a start but to listen, loads for `config`. */
function loadedFor(config: object): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-loaded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [file, told, tell] = ['gateway.config.yaml', 'told.json', 'tell.mjs'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  writeFileSync(file, JSON.stringify(config));
  writeFileSync(tell, TELL);
  const args = ['--import', tell, path.resolve('src/main.ts'), 'validate', '--config', file];
  execFileSync(process.execPath, args, { stdio: 'pipe', env: { ...process.env, TOLD: told } });
  return readFileSync(told, 'utf8');
}

const LAZY: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['Ajv', /node_modules\/ajv\//],
  ['the serializer of BFFs', /node_modules\/fast-json-stringify\/index/],
  ['the package of the plugin jwt', /node_modules\/@fastify\/jwt\//],
  ['OpenTelemetry', /node_modules\/@opentelemetry\/sdk-/],
  ['the client of Redis', /node_modules\/ioredis\//],
  ['the engine of operations', /node_modules\/(@dbos-inc|pg|@electric-sql)\/|src\/engine\/thread/],
  ['the words of the reference', /src\/config\/docs\//],
  ['the undici of Node itself', /internal\/deps\/undici\/undici/],
];

test('a start does not load what its config does not need', () => {
  const loaded = loadedFor(CONFIG);
  expect(LAZY.filter(([, pattern]) => pattern.test(loaded)).map(([what]) => what)).toEqual([]);
  // It did start.
  expect(loaded).toMatch(/src\/generation\.ts/);
});

test('a route that needs it loads it', () => {
  const validate = { query: { type: 'object' } };
  const loaded = loadedFor({ ...CONFIG, routes: { all: { ...CONFIG.routes.all, validate } } });
  const found = LAZY.filter(([, pattern]) => pattern.test(loaded)).map(([what]) => what);
  expect(found).toEqual(['Ajv']);
});
