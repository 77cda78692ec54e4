/** Going back to an earlier generation, and what ends that. */
import { existsSync, unlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openSecure, serialOf } from '../helpers/secure-client.ts';
import { certificateFolder, serial } from '../listener/gateway.ts';
import {
  complete,
  CONFIG,
  outsideFile,
  type Reloading,
  respond,
  startReloading,
} from './reloading.ts';

const routes = (...names: readonly string[]) => ({
  routes: Object.fromEntries(names.map((name) => [name, respond(`/${name}`)])),
});

/** Which of /a, /b, /c are served. */
async function served({ status }: Reloading): Promise<string> {
  const names = ['a', 'b', 'c'];
  const codes = await Promise.all(names.map((name) => status(`/${name}`)));
  return names.filter((_name, i) => codes[i] === 200).join('');
}

const bodyOf = async ({ url }: Reloading, path: string): Promise<string> =>
  (await fetch(url + path)).text();

/** Posts to the admin port as an operator does. */
async function post({ gateway }: Reloading, path: string, body: unknown, more: object = {}) {
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...more },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function get({ gateway }: Reloading, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(gateway.adminUrl + path, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('a rollback', () => {
  test('serves the config of an earlier generation as a new one', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    expect(await served(world)).toBe('b');

    const { status, body } = await post(world, '/rollback', { generation: 1 });

    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        result: 'applied',
        cause: 'rollback to 1',
        generation: 3,
        rolledBackTo: 1,
        changes: ['+ route a', '- route b'],
      }),
    ]);
    expect(await served(world)).toBe('a');
    expect(world.gateway.status()).toMatchObject({ generation: 3, rolledBackTo: 1, ready: true });
    expect(world.log.lines()).toContainEqual(
      expect.objectContaining({
        msg: 'config applied',
        cause: 'rollback to 1',
        rolledBackTo: 1,
        changes: '+ route a; - route b',
      }),
    );
  });

  test('without a number goes to the one before, and done again to the one before that', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    await world.change(routes('b'));
    await world.change(routes('c'));
    expect([(await world.gateway.rollback()).cause, await served(world)]).toEqual([
      'rollback to 3',
      'b',
    ]);
    expect([(await world.gateway.rollback()).cause, await served(world)]).toEqual([
      'rollback to 1',
      'a',
    ]);
    expect(await post(world, '/rollback', {})).toEqual({
      status: 404,
      body: { error: 'no generation with an earlier config in memory (known: 1, 2, 3, 4, 5, 6)' },
    });
  });

  test('ends when a config file changes', async () => {
    const world = await startReloading(routes('a'), { watch: true });
    await world.change(routes('b'));
    await world.gateway.rollback();
    expect(await served(world)).toBe('a');
    world.write(CONFIG, complete(routes('c')));
    await expect.poll(() => served(world)).toBe('c');
    expect(world.gateway.status()).not.toHaveProperty('rolledBackTo');
    expect(world.log.lines()).toContainEqual(
      expect.objectContaining({ msg: 'the rollback has ended', rolledBackTo: 1 }),
    );
  });

  test('ends when a file comes that an include matches', async () => {
    const config = { ...routes('a'), include: ['more/*.yaml'] };
    const files = { 'more/b.yaml': routes('b') };
    const world = await startReloading(config, { watch: true, files });
    world.write('more/b.yaml', {});
    await world.gateway.reload('admin');
    await world.gateway.rollback();
    expect(await served(world)).toBe('ab');
    world.write('more/c.yaml', routes('c'));
    await expect.poll(() => served(world)).toBe('ac');
  });

  test('holds while config files do not change: a reload says so, and changes nothing', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    await world.gateway.rollback();

    const { status, body } = await post(world, '/reload', {});
    const { result } = await world.gateway.reload('signal');

    expect([status, body['result'], body['rolledBackTo'], result]).toEqual([
      409,
      'held',
      1,
      'held',
    ]);
    expect(await served(world)).toBe('a');
    expect(world.gateway.status()).toMatchObject({ generation: 3, reload: { result: 'applied' } });
    expect(world.log.text()).toContain('a rollback holds until the config files change');
    expect(await world.metrics()).toContain('portico_config_reloads_total{result="applied"} 3');
  });

  test('ends by force', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    await world.gateway.rollback();
    const { status, body } = await post(world, '/reload', { force: true });
    expect([status, body['generation'], await served(world)]).toEqual([200, 4, 'b']);
    expect(body).not.toHaveProperty('rolledBackTo');
  });

  test('holds while the config files have faults, and ends when they are mended', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    await world.gateway.rollback();
    world.write(CONFIG, 'version: [');
    expect((await world.gateway.reload('signal')).result).toBe('rejected');
    expect([await served(world), world.gateway.status().rolledBackTo]).toEqual(['a', 1]);
    expect((await world.change(routes('c'))).result).toBe('applied');
    expect([await served(world), world.gateway.status().rolledBackTo]).toEqual(['c', undefined]);
  });

  test('away from a generation whose successor on the disk is faulty holds', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    world.write(CONFIG, 'version: [');
    await world.gateway.reload('signal');
    await world.gateway.rollback();
    expect((await world.gateway.reload('signal')).result).toBe('held');
    expect(await served(world)).toBe('a');
  });

  test('is not held against a change that was not read before it', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    world.write(CONFIG, complete(routes('c')));
    await world.gateway.rollback();
    expect(await served(world)).toBe('a');
    expect((await world.gateway.reload('signal')).result).toBe('applied');
    expect(await served(world)).toBe('c');
  });
});

describe('files that the config names are read as they are now', () => {
  test('a certificate that has been renewed since serves', async () => {
    const folder = certificateFolder('server');
    const { cert, key } = folder;
    const tls = { server: { tls: { cert, key } } };
    const world = await startReloading({ ...tls, ...routes('a') });
    await world.change({ ...tls, ...routes('b') });
    folder.put('other');

    expect((await world.gateway.rollback()).result).toBe('applied');

    expect(serialOf(await openSecure(world.url))).toBe(serial('other'));
  });

  test('and when they change, the rollback stays, with their new content', async () => {
    const value = outsideFile('one');
    const route = (path: string) => ({
      match: { path },
      respond: { status: 200, body: `\${file:${value.path}}` },
    });
    const world = await startReloading({ routes: { a: route('/a') } }, { watch: true });
    await world.change({ routes: { b: route('/b') } });
    await world.gateway.rollback();
    expect(await bodyOf(world, '/a')).toBe('one');

    value.write('two');

    await expect.poll(() => bodyOf(world, '/a')).toBe('two');
    const status = world.gateway.status();
    expect(status).toMatchObject({ generation: 4, rolledBackTo: 1, reload: { cause: 'files' } });
    expect(status.reload!.changes).toEqual([`file ${value.path} changed`]);
    // The next one before is still an earlier config, not an earlier content of the file.
    await expect(world.gateway.rollback()).rejects.toThrow('no generation with an earlier config');
  });

  test('also by a reload that is asked for', async () => {
    const value = outsideFile('one');
    const body = `\${file:${value.path}}`;
    const a = { match: { path: '/a' }, respond: { status: 200, body } };
    const world = await startReloading({ routes: { a } });
    await world.change(routes('b'));
    await world.gateway.rollback();
    value.write('two');
    expect(await world.gateway.reload('signal')).toMatchObject({
      result: 'applied',
      rolledBackTo: 1,
    });
    expect(await bodyOf(world, '/a')).toBe('two');
  });

  test('one that is gone refuses the rollback with its fault, and nothing changes', async () => {
    const folder = certificateFolder('server');
    const up = { targets: ['https://127.0.0.1:9'], tls: { ca: folder.cert } };
    const world = await startReloading({ ...routes('a'), upstreams: { up } });
    await world.change(routes('b'));
    unlinkSync(folder.cert);

    const { status, body } = await post(world, '/rollback', {});

    expect([status, body['result'], existsSync(folder.cert)]).toEqual([422, 'rejected', false]);
    expect(String(body['faults'])).toMatch(/upstreams\.up\.tls\.ca: .*tls\.crt/);
    expect(await served(world)).toBe('b');
    expect(world.gateway.status()).toMatchObject({ generation: 2 });
    expect(world.gateway.status()).not.toHaveProperty('rolledBackTo');
    expect((await world.change(routes('c'))).result).toBe('applied');
  });
});

describe('POST /rollback', () => {
  test.each([
    [{ generation: 7 }, 404, 'generation 7 is not in memory (known: 1, 2)'],
    [{ generation: 2 }, 409, 'generation 2 is the one that serves'],
    [{ generation: '1' }, 400, 'send {"generation": 3}, or {} for the one before'],
    [{ generation: 1.5 }, 400, 'send {"generation": 3}, or {} for the one before'],
    [{ generaton: 1 }, 400, 'send {"generation": 3}, or {} for the one before'],
    [[1], 400, 'send {"generation": 3}, or {} for the one before'],
  ])('refuses %j', async (sent, status, error) => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    expect(await post(world, '/rollback', sent)).toEqual({ status, body: { error } });
    expect(await served(world)).toBe('b');
  });

  test('is for whoever may reload', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    expect((await post(world, '/rollback', {}, { origin: 'http://evil.example' })).status).toBe(
      403,
    );
    await world.change({ ...routes('c'), admin: { port: 0, token: 'a-long-enough-token' } });
    expect((await post(world, '/rollback', {})).status).toBe(401);
    const bearer = { authorization: 'Bearer a-long-enough-token' };
    expect((await post(world, '/rollback', {}, bearer)).status).toBe(200);
    expect(await served(world)).toBe('b');
  });

  test.each([[{ force: 'yes' }], [{ forse: true }], [true]])(
    'and a reload are not guessed: %j',
    async (sent) => {
      const world = await startReloading(routes('a'));
      expect((await post(world, '/reload', sent)).status).toBe(400);
    },
  );

  test('many at once are done one after the other', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    const all = await Promise.all([
      world.gateway.rollback(1),
      world.gateway.rollback(2),
      world.gateway.reload('signal'),
      world.gateway.rollback(1),
    ]);
    expect(all.map(({ cause, result }) => [cause, result])).toEqual([
      ['rollback to 1', 'applied'],
      ['rollback to 2', 'applied'],
      ['signal', 'held'],
      ['rollback to 1', 'applied'],
    ]);
    expect(all.at(-1)!.generation).toBe(5);
    expect(await served(world)).toBe('a');
  });

  test('stopping while one is running stops both', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    const rollback = world.gateway.rollback();
    expect(await world.gateway.close()).toBe(true);
    expect((await rollback).result).toBe('rejected');
  });
});

describe('GET /generations', () => {
  test('lists them, newest first, without those that were rejected', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('a', 'b'));
    world.write(CONFIG, 'version: [');
    await world.gateway.reload('signal');
    await world.gateway.rollback();
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
    expect(await get(world, '/generations')).toEqual({
      status: 200,
      body: {
        current: 3,
        rolledBackTo: 1,
        generations: [
          { number: 3, at, cause: 'rollback to 1', changes: ['- route b'] },
          { number: 2, at, cause: 'admin', changes: ['+ route b'] },
          { number: 1, at, cause: 'start', changes: [] },
        ],
      },
    });
  });

  test('keeps ten', async () => {
    const world = await startReloading(routes('a'));
    for (let i = 0; i < 11; i++) await world.change(routes(i % 2 === 0 ? 'b' : 'a'));
    const numbers = world.gateway.generations().generations.map(({ number }) => number);
    expect(numbers).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    await expect(world.gateway.rollback(2)).rejects.toThrow('generation 2 is not in memory');
    expect((await world.gateway.rollback(3)).result).toBe('applied');
  });

  test('tells what has changed between one and now', async () => {
    const world = await startReloading(routes('a'));
    await world.change(routes('b'));
    await world.change(routes('b', 'c'));
    expect(await get(world, '/generations/1/changes')).toEqual({
      status: 200,
      body: { since: 1, current: 3, changes: ['+ route b', '+ route c', '- route a'] },
    });
    expect((await get(world, '/generations/3/changes')).body['changes']).toEqual([]);
    expect(await get(world, '/generations/7/changes')).toEqual({
      status: 404,
      body: { error: 'generation "7" is not in memory (known: 1, 2, 3)' },
    });
    expect((await get(world, '/generations/one/changes')).status).toBe(404);
    await world.change(routes('c'));
    expect((await get(world, '/generations/1/changes')).body['changes']).toEqual([
      '+ route c',
      '- route a',
    ]);
  });

  test.each(['/generations', '/generations/1/changes'])(
    '%s is read by whoever may read the status',
    async (path) => {
      const world = await startReloading(routes('a'));
      const refused = await get(world, path, { origin: 'http://evil.example' });
      expect(refused.status).toBe(403);
      expect(refused.body).toEqual(
        (await get(world, '/status', { origin: 'http://evil.example' })).body,
      );
    },
  );

  test('shows no text of a config', async () => {
    const secret = { plugins: { own: { module: './own.mjs', secret: 'hunter2' } } };
    const module = 'export default async function own() {}\n';
    const world = await startReloading(routes('a'), { files: { 'own.mjs': module } });
    await world.change({ ...routes('a'), ...secret });
    await world.change({
      ...routes('a'),
      plugins: { own: { ...secret.plugins.own, secret: 'hunter3' } },
    });
    const told = JSON.stringify([
      await get(world, '/generations'),
      await get(world, '/generations/1/changes'),
      await get(world, '/generations/2/changes'),
      await get(world, '/status'),
      world.log.lines(),
    ]);
    expect(told).toContain('plugin own: secret changed');
    expect(told).not.toContain('hunter');
  });
});
