import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
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

/** How to run `command` on `config`, and where it tells what it has loaded. */
function telling(command: string, config: object) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-loaded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [file, told, tell] = ['gateway.config.yaml', 'told.json', 'tell.mjs'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  writeFileSync(file, JSON.stringify(config));
  writeFileSync(tell, TELL);
  const args = ['--import', tell, path.resolve('src/main.ts'), command, '--config', file];
  return { args, env: { ...process.env, TOLD: told }, read: () => readFileSync(told, 'utf8') };
}

/** What `portico validate`, which does all of a start but to listen, loads for `config`. */
function loadedFor(config: object): string {
  const { args, env, read } = telling('validate', config);
  execFileSync(process.execPath, args, { stdio: 'pipe', env });
  return read();
}

/** The files that `portico start` has loaded once it serves. */
async function servedWith(config: object): Promise<ReadonlySet<string>> {
  const { args, env, read } = telling('start', config);
  const gateway = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(gateway, 'exit');
  onTestFinished(() => void gateway.kill('SIGKILL'));
  let log = '';
  for await (const chunk of gateway.stdout) {
    log += String(chunk);
    if (log.includes('"msg":"serving"')) break;
  }
  gateway.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  const loaded = JSON.parse(read()) as readonly string[];
  return new Set(loaded.filter((each) => each.startsWith('file:')));
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

test('a store adds its engine to what a gateway has loaded, and no package: that is for the thread', async () => {
  const [without, within] = await Promise.all([
    servedWith(CONFIG),
    servedWith({ ...CONFIG, store: { postgres: 'postgres://127.0.0.1:1/operations' } }),
  ]);
  expect([...without].filter((file) => LAZY.some(([, pattern]) => pattern.test(file)))).toEqual([]);
  const added = [...within.difference(without)].map((file) => file.replace(/^.*\/src\//, 'src/'));
  expect(added.toSorted()).toEqual([
    'src/engine/error-code.ts',
    'src/engine/folder-lock.ts',
    'src/engine/is-alive.ts',
    'src/engine/thread-engine.ts',
  ]);
  expect([...without.difference(within)]).toEqual([]);
}, 60_000);
