/** The commands that ask the admin port of a running gateway. */
import { unlinkSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';
import { CONFIG, complete, type Reloading, respond, startReloading } from '../reload/reloading.ts';
import { run } from './run.ts';

const TOKEN = 'a-token-of-the-operator';
const routes = (...names: readonly string[]) => ({
  routes: Object.fromEntries(names.map((name) => [name, respond(`/${name}`)])),
});
const adminOf = ({ gateway }: Reloading): readonly string[] => ['--admin', gateway.adminUrl!];

/** Generation 1 serves /a, 2 serves /b; the admin port is told. */
async function changed(config: object = {}): Promise<Reloading> {
  const world = await startReloading({ ...routes('a'), ...config });
  await world.change({ ...routes('b'), ...config });
  return world;
}

/** Something on a port that is no gateway. */
async function stranger(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('portico history', () => {
  test('lists the generations, and what changed with each', async () => {
    const world = await changed();
    await world.gateway.rollback();
    const { code, out, err } = await run(['history', ...adminOf(world)]);
    expect([code, err]).toEqual([0, []]);
    expect(out.map((line) => line.replace(/\d{4}-\S+Z/, 'TIME'))).toEqual([
      '3  TIME  rollback to 1  (serves, until the config files change)',
      '    + route a',
      '    - route b',
      '2  TIME  admin',
      '    + route b',
      '    - route a',
      '1  TIME  start',
    ]);
  });

  test('prints what the admin port says with --json', async () => {
    const world = await changed();
    const { code, out } = await run(['history', '--json', ...adminOf(world)]);
    expect([code, JSON.parse(out.join('\n'))]).toEqual([0, world.gateway.generations()]);
  });
});

describe('portico rollback', () => {
  test.each([[[]], [['1']]])('%j goes back, and says how long that holds', async (number) => {
    const world = await changed();
    expect(await run(['rollback', ...number, ...adminOf(world)])).toEqual({
      code: 0,
      out: [
        'generation 3 serves the config of generation 1, until the config files change',
        '    + route a',
        '    - route b',
      ],
      err: [],
    });
    expect(await world.status('/a')).toBe(200);
  });

  test('of a generation that is not there says which are', async () => {
    const world = await changed();
    const { code, out, err } = await run(['rollback', '9', ...adminOf(world)]);
    expect([code, out]).toEqual([1, []]);
    expect(err.join()).toContain('generation 9 is not in memory (known: 1, 2)');
  });

  test.each(['0', '-1', '1.5', 'x', '1e3', '99999999999999999'])(
    'ends with 2 for %s, which is no number of a generation',
    async (number) => {
      const { code, err } = await run(['rollback', '--admin', 'http://127.0.0.1:1', '--', number]);
      expect([code, err.join()]).toEqual([
        2,
        expect.stringContaining('it must be a number such as 3'),
      ]);
    },
  );

  test('to a config that no longer loads ends with 78 and its faults', async () => {
    const module = 'export default async function own() {}\n';
    const plugins = { own: { module: './own.mjs', name: '${file:value}' } };
    const world = await changed();
    world.write('own.mjs', module);
    const value = join(world.folder, 'value');
    world.write('value', 'x');
    plugins.own.name = `\${file:${value}}`;
    await world.change({ ...routes('c'), plugins });
    await world.change(routes('a'));
    unlinkSync(value);

    const { code, out, err } = await run(['rollback', '3', ...adminOf(world)]);

    expect([code, out]).toEqual([78, []]);
    expect(err[0]).toMatch(/plugins\.own\.name: file .*value cannot be read/);
    expect(err.at(-1)).toBe('rejected: generation 4 keeps serving');
  });
});

describe('portico reload', () => {
  test('applies the config of the files', async () => {
    const world = await startReloading(routes('a'));
    world.write(CONFIG, complete({ ...routes('b'), server: { host: '::1' } }));
    const { code, out, err } = await run(['reload', ...adminOf(world)]);
    expect([code, out[0], err]).toEqual([
      0,
      'generation 2 serves',
      ['restart required for server.host'],
    ]);
    expect(out.slice(1).join()).toContain('+ route b');
    expect(await run(['reload', ...adminOf(world)])).toMatchObject({
      code: 0,
      out: ['generation 3 serves', '    the config means the same'],
    });
  });

  test('of a config with faults prints them, and ends with 78', async () => {
    const world = await startReloading(routes('a'));
    world.write(CONFIG, complete({ ...routes('a'), rotues: {} }));
    const { code, out, err } = await run(['reload', ...adminOf(world)]);
    expect([code, out]).toEqual([78, []]);
    expect(err[0]).toMatch(/gateway\.config\.yaml:\d+:\d+ {2}rotues: unknown key/);
    expect(err[1]).toBe('rejected: generation 1 keeps serving');
  });

  test('says that a rollback holds, and ends it with --force', async () => {
    const world = await changed();
    await world.gateway.rollback();
    const { code, out, err } = await run(['reload', ...adminOf(world)]);
    expect([code, out, err]).toEqual([
      1,
      [],
      ['nothing reloaded: the rollback to 1 holds until the config files change, or --force'],
    ]);
    expect((await run(['reload', '--force', ...adminOf(world)])).out[0]).toBe(
      'generation 4 serves',
    );
    expect(await world.status('/b')).toBe(200);
  });
});

describe('the token', () => {
  const admin = { admin: { port: 0, token: TOKEN } };

  test.each<[string, readonly string[], Record<string, string>]>([
    ['--token', ['--token', TOKEN], {}],
    ['PORTICO_ADMIN_TOKEN', [], { PORTICO_ADMIN_TOKEN: TOKEN }],
    ['the first of both', ['--token', TOKEN], { PORTICO_ADMIN_TOKEN: 'another' }],
  ])('is taken from %s', async (_what, args, environment) => {
    const world = await changed(admin);
    expect((await run(['rollback', ...args, ...adminOf(world)], environment)).code).toBe(0);
  });

  test.each([[[]], [['--token', 'wrong']]])('%j is refused', async (args) => {
    const world = await changed(admin);
    const { code, out, err } = await run(['rollback', ...args, ...adminOf(world)]);
    expect([code, out]).toEqual([1, []]);
    expect(err).toEqual([
      `${world.gateway.adminUrl} refuses: send the admin token (--token, or PORTICO_ADMIN_TOKEN)`,
    ]);
  });

  test.each(['two words', 'é', 'a\nb'])('"%s" is none', async (token) => {
    const args = ['reload', '--admin', 'http://127.0.0.1:1'];
    expect((await run([...args, '--token', token])).code).toBe(2);
    expect((await run(args, { PORTICO_ADMIN_TOKEN: token })).code).toBe(2);
  });
});

describe('the admin port', () => {
  test('is that of the config of -c, with its token, however faulty the config is', async () => {
    const world = await changed({ admin: { port: 0, token: TOKEN } });
    const { port } = new URL(world.gateway.adminUrl!);
    const folder = folderOf({
      'my.yaml': `admin: { port: ${port}, token: "\${T}" }\nrotues: { x: "\${NOT_SET}" }\n`,
    });
    const args = ['rollback', '-c', join(folder, 'my.yaml')];
    expect((await run(args, { T: TOKEN })).code).toBe(0);
    expect((await run(args)).err.join()).toContain('refuses: send the admin token');
  });

  test.each<[string, readonly string[]]>([
    ['is for its own address', ['--admin']],
    ['is not sent where it is not known', []],
  ])('the token of a config %s', async (_what, admin) => {
    let sent: unknown = 'nothing was asked';
    const url = await stranger(({ headers: { authorization } }, response) => {
      sent = authorization;
      response.end('{}');
    });
    const token = admin.length > 0 ? TOKEN : '${NOT_SET}';
    const { port } = new URL(url);
    const folder = folderOf({ 'my.yaml': `admin: { port: ${port}, token: "${token}" }\n` });
    const to = admin.length > 0 ? [...admin, url] : [];
    await run(['history', '-c', join(folder, 'my.yaml'), ...to]);
    expect(sent).toBeUndefined();
  });

  test.each([
    ['admin: false', 'switches the admin port off (admin: false)'],
    ['admin: { port: 0 }', 'lets the system choose the admin port: name'],
    ['admin: { port: "${NOT_SET}" }', 'my.yaml:1:16  admin.port: environment variable NOT_SET'],
    ['admin: { port: x }', 'has no address of an admin port, but http://127.0.0.1:NaN'],
    ['admin: [', 'name the admin port with --admin URL'],
  ])('of "%s" is not known', async (text, words) => {
    const folder = folderOf({ 'my.yaml': text });
    const { code, err } = await run(['history', '-c', join(folder, 'my.yaml')]);
    expect([code, err.join('\n')]).toEqual([78, expect.stringContaining(words)]);
  });

  test.each([
    [['history'], '/generations'],
    [['explain', 'GET', '/a'], '/explain'],
    [['trace', '--id', 'x'], '/trace/x'],
  ])(
    'of %j is that of ADMIN_PORT, on this machine, unless another is named',
    async (args, path) => {
      const asked: string[] = [];
      const url = await stranger((request, response) => {
        asked.push(request.url!.split('?')[0]!);
        response.end('{}');
      });
      const { port } = new URL(url);
      for (const ADMIN_HOST of ['', '127.0.0.1', '0.0.0.0']) {
        await run(args, { ADMIN_HOST, ADMIN_PORT: port });
      }
      await run([...args, '--admin', url], { ADMIN_PORT: '1' });
      expect(asked).toEqual([path, path, path, path]);
    },
  );

  test.each([
    ['x', 'ADMIN_PORT="x" is not a port'],
    ['65536', 'ADMIN_PORT="65536" is not a port'],
    ['0', 'ADMIN_PORT lets the system choose the admin port'],
  ])('of ADMIN_PORT=%s is not known', async (port, words) => {
    const { code, err } = await run(['history'], { ADMIN_PORT: port });
    expect([code, err.join()]).toEqual([78, expect.stringContaining(words)]);
    expect(err.join()).toContain('name the admin port with --admin URL');
  });

  test('is not asked where the config is not there', async () => {
    const { code, err } = await run(['history', '-c', '/nowhere/my.yaml']);
    expect([code, err[0]]).toEqual([78, '/nowhere/my.yaml:1:1  there is no such file']);
  });

  test('at which nothing listens is named', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await once(server.close(), 'close');
    const { code, out, err } = await run(['history', '--admin', `http://127.0.0.1:${port}`]);
    expect([code, out]).toEqual([1, []]);
    expect(err.join()).toContain(`nothing listens at http://127.0.0.1:${port}: is the gateway`);
  });

  test('on a port that fetch blocks is to be asked otherwise', async () => {
    const { code, err } = await run(['history', '--admin', 'http://127.0.0.1:10080']);
    expect([code, err]).toEqual([
      1,
      ['http://127.0.0.1:10080 cannot be asked: fetch blocks port 10080; use curl'],
    ]);
  });

  test.each<[string, RequestListener, string]>([
    ['a page', (_q, r) => void r.end('<html>'), 'answered 200, but not as an admin port'],
    ['a redirect', (_q, r) => void r.writeHead(302, { location: '/' }).end(), 'answered 302, but'],
    ['other JSON', (_q, r) => void r.end('{}'), 'has no history'],
    [
      'an error',
      (_q, r) => void r.writeHead(500).end('{"message":"\\u001b[2J"}'),
      'answered 500: \\u001b',
    ],
    [
      'half of it',
      (_q, r) => void r.writeHead(200, { 'content-length': 9 }).write('{', () => r.destroy()),
      'cut its answer short',
    ],
    ['too much', (_q, r) => void r.end(' '.repeat(9 * 1024 * 1024)), 'more than 8 MiB'],
    ['nothing', (_q, r) => void r.destroy(), 'cannot be reached'],
  ])('that answers with %s is none', async (_what, listener, words) => {
    const url = await stranger(listener);
    const { code, out, err } = await run(['history', '--admin', url]);
    expect([code, out]).toEqual([1, []]);
    expect(err.join('\n')).toContain(words);
  });

  test.each(['9901', 'ftp://a', 'http://me:secret@a'])('%s is none', async (url) => {
    const { code, err } = await run(['history', '--admin', url]);
    expect([code, err.join()]).toEqual([2, expect.stringContaining('http://127.0.0.1:9901')]);
  });
});
