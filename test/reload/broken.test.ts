/** Every kind of broken config is refused at its place, and the previous one keeps serving. */
import { chmodSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pair } from '../listener/gateway.ts';
import { complete, CONFIG, type Reloading, respond, startReloading } from './reloading.ts';

const A = { routes: { a: respond('/a') } };
const THROWING = 'throw new Error("it is broken");\n';
const plugin = (body: string): string =>
  `import { definePlugin, z } from 'portico';
export default definePlugin({ name: 'own', settings: z.strictObject({}), options: z.strictObject({}), ${body} });\n`;

type Break = (world: Reloading) => void;
const config =
  (changed: object): Break =>
  ({ write }) =>
    write(CONFIG, complete({ ...A, ...changed }));

describe('refused, and mended', () => {
  test.each<[what: string, Break, where: RegExp, file?: string]>([
    ['syntax', ({ write }) => write(CONFIG, 'version: 1\nroutes: [\n'), /^:3:1 /],
    ['an unknown key', config({ rotues: {} }), /rotues: unknown key; did you mean "routes"/],
    ['a file that is gone', ({ folder }) => unlinkSync(join(folder, CONFIG)), /no such file/],
    [
      'a file that is half written',
      ({ write }) => write(CONFIG, JSON.stringify(complete(A)).slice(0, -20)),
      /^:1:\d+ /,
    ],
    [
      'a text that is not UTF-8',
      ({ write }) => write(CONFIG, Buffer.from([0xff, 0xfe])),
      /is not UTF-8/,
    ],
    [
      'an include that matches nothing',
      config({ include: ['more/*.yaml'] }),
      /include\[0\]: no file matches "more\/\*\.yaml"/,
    ],
    [
      'an include that is not a config',
      (world) => {
        world.write('more.yaml', '- a\n');
        config({ include: ['more.yaml'] })(world);
      },
      /^more\.yaml:1:1 .*expected a map/,
    ],
    [
      'a module that throws',
      (world) => {
        world.write('own.ts', THROWING);
        config({ plugins: { own: { module: './own.ts' } } })(world);
      },
      /plugins\.own\.module: cannot be imported: it is broken/,
    ],
    [
      'a plugin that cannot start',
      (world) => {
        world.write('own2.ts', plugin('register() { throw new Error("no room"); }'));
        config({ plugins: { own: { module: './own2.ts' } } })(world);
      },
      /plugins\.own: the plugin could not start: no room/,
    ],
    [
      'a certificate that is not of its key',
      config({ server: { tls: { cert: pair('server').cert, key: pair('client').key } } }),
      /server\.tls.*key/,
    ],
    [
      'a variable that is not set',
      config({ admin: { token: '${NOT_SET}', port: 0 } }),
      /NOT_SET is not set/,
    ],
    [
      'a reference to nothing',
      config({ routes: { a: { match: { path: '/a' }, upstream: 'nowhere' } } }),
      /routes\.a\.upstream: no upstream "nowhere"/,
    ],
  ])('%s', async (_what, breaks, where) => {
    const world = await startReloading(A);
    breaks(world);

    const { result } = await world.gateway.reload('admin');

    expect(result).toBe('rejected');
    const { reload, ready } = world.gateway.status();
    const told = reload!.faults.map((fault) =>
      fault.replace(/^\S*gateway\.config\.yaml/, '').replace(/^\S*\/more/, 'more'),
    );
    expect(told.join('\n')).toMatch(where);
    expect([ready, await world.status('/a')]).toEqual([true, 200]);

    const mended = await world.change({ routes: { ...A.routes, b: respond('/b') } });
    expect([mended.result, await world.status('/b')]).toEqual(['applied', 200]);
  });

  test.skipIf(process.getuid?.() === 0)('a file that cannot be read', async () => {
    const world = await startReloading(A);
    chmodSync(join(world.folder, CONFIG), 0);
    await world.gateway.reload('admin');
    expect(world.gateway.status().reload!.faults[0]).toContain('lacks permission');
  });
});

test('a module whose file has changed is served as it was, and told of', async () => {
  const own = (text: string): string =>
    plugin(
      `register() { return { route: () => ({ phase: 'request', onRequest(_r, reply) { void reply.header('x-own', '${text}'); } }) }; }`,
    );
  const served = {
    plugins: { own: { module: './own.ts' } },
    routes: { a: { ...respond('/a'), own: {} } },
  };
  const { url, write, gateway } = await startReloading(served, { files: { 'own.ts': own('one') } });
  write('own.ts', `${own('two')}// longer\n`);
  const { result, faults } = await gateway.reload('admin');
  expect(result).toBe('applied');
  expect(faults.map(({ path, severity }) => [path, severity])).toEqual([
    ['plugins.own.module', 'warning'],
  ]);
  expect((await fetch(`${url}/a`)).headers.get('x-own')).toBe('one');
});
