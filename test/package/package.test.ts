import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { addPackages, pack, type Packed, runNode } from './packed.ts';

/** What CHANGELOG.md says of its size, and room to grow. */
const MOST = { packedBytes: 1_600_000, unpackedBytes: 5_600_000 };
const MAIN = 'node_modules/portico/dist/src/main.js';
const TSC = resolve('node_modules/typescript/bin/tsc');
/** A process starts, or follows a change, on a machine that others use too. */
const PATIENCE = { timeout: 20_000, interval: 50 };

let packed: Packed;

beforeAll(() => {
  packed = pack();
}, 120_000);
afterAll(() => packed.remove(), 120_000);

describe('the package', { timeout: 60_000 }, () => {
  test('holds what its users need, and nothing else', () => {
    const roots = new Set(packed.files.map((path) => path.split('/')[0]!));
    expect([...roots].toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'docs',
      'gateway.schema.json',
      'package.json',
      'templates',
      'tools',
    ]);
    const compiled = packed.files.filter((path) => path.startsWith('dist/'));
    const odd = compiled.filter((path) => !/^dist\/(src|plugins)\/.*(\.js|\.d\.ts)$/.test(path));
    // The operator's page and that of documents: a browser gets them as they are.
    const ofPage = globSync('src/{admin/page,openapi/page/assets}/**/*.{html,css}').map(
      (path) => `dist/${path}`,
    );
    expect(odd.toSorted()).toEqual(ofPage.toSorted());
    expect(compiled.filter((path) => /\.test\./.test(path))).toEqual([]);
    const docs = packed.files.filter((path) => path.startsWith('docs/'));
    expect(docs.filter((path) => !path.endsWith('.md'))).toEqual([]);
  });

  test('is not larger than it was', () => {
    const { packedBytes, unpackedBytes } = packed;
    expect(packedBytes).toBeLessThan(MOST.packedBytes);
    expect(unpackedBytes).toBeLessThan(MOST.unpackedBytes);
  });

  test('has every file that its exports and its command name', () => {
    const { exports, bin } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
      readonly bin: Readonly<Record<string, string>>;
    };
    const named = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : [target['types']!, target['default']!],
    );
    for (const path of [...named, ...Object.values(bin)]) {
      expect(packed.files).toContain(path.replace('./', ''));
    }
  });

  test('is imported by each of its names, with nothing but its dependencies', () => {
    const text = `
      const { defineBff } = await import('portico');
      const { testGateway } = await import('portico/testing');
      const { createGateway } = await import('portico/gateway');
      const { default: schema } = await import('portico/gateway.schema.json', { with: { type: 'json' } });
      const { default: { version } } = await import('portico/package.json', { with: { type: 'json' } });
      console.log(typeof defineBff, typeof testGateway, typeof createGateway, schema.type, typeof version);`;
    const { stdout, stderr } = runNode(packed.stranger(), ['--input-type=module', '--eval', text]);
    expect([stdout, stderr]).toEqual(['function function function object string\n', '']);
  });

  test('loads every file of its build, with nothing but its dependencies', () => {
    // What runs when it is loaded, what runs in browsers, and what needs optional peers.
    const running =
      /\/(?:admin\/page|page\/assets)\/|\/(main|cli\/(process|warm-up)|yaml\/text-thread)\.js$|\/dist\/src\/(?:load|engine\/thread)\//;
    const files = packed.files
      .filter((path) => path.endsWith('.js') && !running.test(`/${path}`))
      .map((path) => `await import('./node_modules/portico/${path}');`);
    const script = [...files, 'process.exit(0);'].join('\n');
    const folder = packed.stranger();
    writeFileSync(join(folder, 'all.mjs'), script);
    expect(runNode(folder, ['all.mjs'])).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('the operator’s page', { timeout: 60_000 }, () => {
  test('is served by the package, with the uPlot that it depends on', () => {
    const text = `
      const { createGateway } = await import('portico/gateway');
      const gateway = await createGateway({ file: 'page.yaml', environment: {} });
      await gateway.listen();
      for (const path of ['/', '/page/main.js', '/page/style/theme.css', '/page/uplot.js', '/page/uplot.css']) {
        const response = await fetch(gateway.adminUrl + path);
        console.error(path, response.status, (await response.text()).length > 500);
      }
      process.exit(0);`;
    const folder = packed.stranger();
    writeFileSync(
      join(folder, 'page.yaml'),
      `{ version: 1, server: { port: 0 }, admin: { port: 0 }, upstreams: {},
         routes: { own: { match: { path: / }, respond: { status: 200 } } } }`,
    );
    const { stderr } = runNode(folder, ['--input-type=module', '--eval', text]);
    expect(stderr.trim().split('\n')).toEqual([
      '/ 200 true',
      '/page/main.js 200 true',
      '/page/style/theme.css 200 true',
      '/page/uplot.js 200 true',
      '/page/uplot.css 200 true',
    ]);
  });
});

describe('a store of operations', { timeout: 90_000 }, () => {
  const configOf = (store: string): string => `version: 1
server: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
store:
  ${store}
`;
  /** A folder with the package, and nothing that only some need. */
  const withStore = (store: string): string => {
    const folder = packed.stranger();
    writeFileSync(join(folder, 'gateway.config.yaml'), configOf(store));
    return folder;
  };

  test.each([
    [
      'postgres: postgres://db/operations',
      'the packages @dbos-inc/dbos-sdk 5.3.0, pg 8.23.1, which are',
      'npm i @dbos-inc/dbos-sdk@5.3.0 pg@8.23.1',
    ],
    [
      'embedded: ./data',
      'the packages @dbos-inc/dbos-sdk 5.3.0, pg 8.23.1, @electric-sql/pglite 0.5.14, @electric-sql/pglite-socket 0.2.17, which are',
      'npm i @dbos-inc/dbos-sdk@5.3.0 pg@8.23.1 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17',
    ],
  ])(
    '%s without its packages ends with 78, its line, and how to install them',
    (store, what, how) => {
      const folder = withStore(store);
      const key = store.replace(/:.*/, '');
      for (const command of ['start', 'validate']) {
        const { status, stdout, stderr } = runNode(folder, [MAIN, command]);
        expect(status).toBe(78);
        expect(stdout + stderr).toContain(
          `gateway.config.yaml:5:3  store.${key}: needs ${what} not installed: ${how}`,
        );
      }
      expect(existsSync(join(folder, 'data'))).toBe(false);
    },
  );

  test('opens once they are there', async () => {
    const folder = withStore('embedded: ./data');
    addPackages(folder, ['@dbos-inc/dbos-sdk', 'pg']);
    addPackages(folder, ['@electric-sql/pglite', '@electric-sql/pglite-socket']);
    const env = { PATH: process.env['PATH'] };
    const gateway = spawn(process.execPath, [MAIN, 'start'], { cwd: folder, env });
    const exit = once(gateway, 'exit');
    onTestFinished(() => void gateway.kill('SIGKILL'));
    let log = '';
    gateway.stdout.on('data', (chunk) => (log += String(chunk)));
    await expect.poll(() => log, { timeout: 60_000 }).toContain('the store of operations is open');
    gateway.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(log).not.toContain('trouble');
  });
});

describe('its types', { timeout: 60_000 }, () => {
  const compilerOptions = {
    target: 'esnext',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };

  test('compile in a strict project, and refuse wrong names', () => {
    const folder = packed.stranger();
    const files = ['correct.ts', 'mistaken.ts'];
    for (const file of files) copyFileSync(`test/package/stranger/${file}`, join(folder, file));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const { status, stdout } = runNode(folder, [TSC, '-p', '.']);
    expect([status, stdout]).toEqual([0, '']);
  });
});

describe('a gateway of one’s own, by the package', { timeout: 90_000 }, () => {
  let folder: string;

  beforeAll(() => {
    folder = packed.stranger();
    const { status, stdout, stderr } = runNode(folder, [MAIN, 'init']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Next:\n {2}npm install\n {2}npm test\n/m);
  }, 60_000);

  test('takes another BFF and another plugin: it compiles, its tests pass, its config is valid', () => {
    expect(runNode(folder, [MAIN, 'new', 'bff', 'mobile'])).toMatchObject({ status: 0 });
    expect(runNode(folder, [MAIN, 'new', 'plugin', 'tenant'])).toMatchObject({ status: 0 });
    expect(runNode(folder, [TSC])).toMatchObject({ status: 0, stdout: '' });
    const { status, stdout } = runNode(folder, ['--test']);
    expect([status, /^ℹ pass (\d+)$/m.exec(stdout)?.[1]]).toEqual([0, '10']);
    expect(runNode(folder, [MAIN, 'validate', '--strict'])).toMatchObject({
      status: 0,
      stdout: 'gateway.config.yaml is valid\n',
    });
  });

  test('does not compile with a wrong name', () => {
    const file = join(folder, 'bff/web/index.ts');
    const text = readFileSync(file, 'utf8');
    onTestFinished(() => writeFileSync(file, text));
    writeFileSync(file, text.replace(`request.upstreams['api']`, `request.upstreams['apu']`));
    const { status, stdout } = runNode(folder, [TSC]);
    expect(status).not.toBe(0);
    expect(stdout).toMatch(/^bff\/web\/index\.ts\(\d+,\d+\): error TS7053: .*'"apu"'/m);
  });

  test('checks the types of tests in a folder of their own', () => {
    const file = join(folder, 'test/wrong.test.ts');
    onTestFinished(() => rmSync(dirname(file), { recursive: true }));
    mkdirSync(dirname(file));
    writeFileSync(file, `export const wrong: number = 'text';\n`);
    const { status, stdout } = runNode(folder, [TSC]);
    expect(status).not.toBe(0);
    expect(stdout).toMatch(/^test\/wrong\.test\.ts\(\d+,\d+\): error TS2322: /);
  });

  test('says how to install the tarball that it was installed from', () => {
    const stranger = packed.stranger();
    const resolved = `file:${relative(stranger, packed.tarball)}`;
    const list = JSON.stringify({ packages: { 'node_modules/portico': { resolved } } });
    writeFileSync(join(stranger, 'node_modules/.package-lock.json'), list);
    const { stdout } = runNode(stranger, [MAIN, 'init', 'shop']);
    const steps = ['cd shop', `npm install ../../${basename(packed.tarball)}`, 'npm test'];
    expect(stdout).toContain(`Next:\n  ${steps.join('\n  ')}\n`);
  });

  test('serves a change of its BFF while portico dev runs', async () => {
    const env = { PATH: process.env['PATH'], PORT: '0', ADMIN_PORT: '0' };
    const child = spawn(process.execPath, [MAIN, 'dev'], { cwd: folder, env, stdio: 'pipe' });
    const ended = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
    const url = (): string => /"url":"([^"]+)"/.exec(log)?.[1] ?? '';
    await expect.poll(url, PATIENCE).not.toBe('');
    const greeting = async (): Promise<string> => (await fetch(`${url()}/web/hello/1`)).text();
    expect(await greeting()).toBe('{"text":"Hello!"}');
    const file = join(folder, 'bff/web/index.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace(`'Hello!'`, `'Good morning!'`));
    await expect.poll(greeting, PATIENCE).toBe('{"text":"Good morning!"}');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('has a README whose links lead somewhere', () => {
    const text = readFileSync(join(folder, 'README.md'), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path!);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });
});
