import { describe, expect, test } from 'vitest';
import { definePlugin, z } from '../../src/index.ts';
import type { GatewayStatus, Snapshot } from '../../src/admin/page-data.ts';
import type { PluginState } from '../../src/authoring/plugin-hooks.ts';
import { version } from '../../src/running/version.ts';
import { startDnsServer } from '../helpers/dns-server.ts';
import { quietPort } from '../helpers/quiet-port.ts';
import { systemFiles } from '../helpers/system-files.ts';
import { complete, outsideFile, respond, startReloading } from '../reload/reloading.ts';
import { pair } from '../listener/gateway.ts';
import { forwardTo } from '../gateway/support/gateway.ts';
import { administered } from './administered.ts';

describe('/status tells', () => {
  test('of the process: version, connections, descriptors, lines that were dropped', async () => {
    const { fetch, read } = await administered({ config: { routes: { all: respond('/') } } });
    await fetch('/');
    const {
      version: told,
      connections,
      descriptors,
      logLinesDropped,
      plugins,
      certificates,
    } = await read<GatewayStatus>('/status');
    expect([told, connections, logLinesDropped]).toEqual([version(), 1, 0]);
    expect([plugins, certificates]).toEqual([[], []]);
    if (process.platform !== 'linux') return;
    expect(descriptors.used).toBeGreaterThan(5);
    expect(descriptors.allowed).toBeGreaterThan(descriptors.used!);
  });

  test('what went wrong last with a target, and when; a later success does not hide it', async () => {
    const gone = `http://127.0.0.1:${await quietPort()}`;
    const { fetch, read } = await administered({
      config: {
        upstreams: { gone: { targets: [gone], retry: false }, up: { retry: false } },
        routes: {
          gone: { match: { path: '/gone' }, upstream: 'gone' },
          up: forwardTo('/up/*'),
        },
      },
      upstreams: { up: () => ({}) },
    });
    const before = Date.now();
    await fetch('/gone');
    await fetch('/up/1');
    const { upstreams } = await read<GatewayStatus>('/status');
    const [target] = upstreams.find(({ name }) => name === 'gone')!.targets;
    expect(target?.lastError?.why).toBe('GW_UPSTREAM_CONNECT (ECONNREFUSED)');
    expect(Date.parse(target!.lastError!.at)).toBeGreaterThanOrEqual(before - 5);
    expect(upstreams.find(({ name }) => name === 'up')?.targets[0]).not.toHaveProperty('lastError');
  });

  test('which names were resolved, and those that fail first', async () => {
    const server = await startDnsServer({ 'up.test': { A: ['127.0.0.1'] } });
    const port = await quietPort();
    const { fetch, adminUrl, read } = await administered({
      systemFiles: systemFiles(server),
      config: {
        upstreams: {
          up: { targets: [`http://up.test:${port}`], retry: false },
          none: { targets: [`http://none.test:${port}`], retry: false },
        },
        routes: { up: forwardTo('/up'), none: { match: { path: '/none' }, upstream: 'none' } },
      },
    });
    await fetch('/up');
    await fetch('/none');
    const { names } = await read<GatewayStatus>('/status');
    expect(names).toMatchObject([
      { name: 'none.test', addresses: [], error: { why: expect.stringContaining('none.test') } },
      { name: 'up.test', addresses: ['127.0.0.1'], answeredAt: expect.any(String) },
    ]);
    const { failingNames } = (await (
      await globalThis.fetch(`${adminUrl}/overview`)
    ).json()) as Snapshot;
    expect(failingNames.map(({ name }) => name)).toEqual(['none.test']);
  });

  test('until when each certificate of the port is valid', async () => {
    const { read } = await administered({
      config: {
        server: { tls: { certificates: [pair('server')] } },
        routes: { all: respond('/') },
      },
    });
    const { certificates } = await read<GatewayStatus>('/status');
    expect(certificates).toHaveLength(1);
    expect(certificates[0]?.daysLeft).toBeGreaterThan(0);
    expect(Date.parse(certificates[0]!.expiresAt)).toBeGreaterThan(Date.now());
  });
});

describe('the config in /status', () => {
  const configOf = async ({ gateway }: Awaited<ReturnType<typeof startReloading>>) =>
    ((await (await fetch(`${gateway.adminUrl}/status`)).json()) as GatewayStatus).config;
  const A = { routes: { a: respond('/a') } };
  const B = { routes: { b: respond('/b') } };

  test('has its file, a hash, and what it came from', async () => {
    const world = await startReloading(A);
    expect(await configOf(world)).toMatchObject({
      file: `${world.folder}/gateway.config.yaml`,
      hash: expect.stringMatching(/^[\da-f]{64}$/),
      cause: 'start',
      ageSeconds: 0,
    });
  });

  test('has the hash of what serves, not of what the disk has', async () => {
    const world = await startReloading(A);
    const first = await configOf(world);
    world.write('gateway.config.yaml', complete({ routes: { a: { upstrem: 'x' } } }));
    await world.gateway.reload('admin');
    expect((await configOf(world)).hash).toBe(first.hash);
    await world.change(B);
    const second = await configOf(world);
    expect([second.cause, second.hash === first.hash]).toEqual(['admin', false]);
    await world.gateway.rollback(1);
    expect(await configOf(world)).toMatchObject({ hash: first.hash, cause: 'rollback to 1' });
  });

  test('has the same hash in another folder', async () => {
    const [one, other] = [await startReloading(A), await startReloading(A)];
    expect((await configOf(one)).hash).toBe((await configOf(other)).hash);
  });

  test('has no part of a file whose content is a value in its hash', async () => {
    const { path, write } = outsideFile('a'.repeat(16));
    const world = await startReloading({ ...A, admin: { port: 0, token: `\${file:${path}}` } });
    const { hash } = await configOf(world);
    write('b'.repeat(16));
    await world.gateway.reload('admin');
    expect(await configOf(world)).toMatchObject({ hash, cause: 'admin' });
  });

  test('a reload changes how many requests are kept', async () => {
    const world = await startReloading(A);
    const kept = async () => (await fetch(`${world.gateway.adminUrl}/requests`)).status;
    await world.status('/a');
    expect(await kept()).toBe(200);
    await world.change({ ...A, admin: { port: 0, requests: 0 } });
    expect(await kept()).toBe(404);
  });
});

describe('a plugin', () => {
  const plugged = (status?: () => Iterable<PluginState>) =>
    administered({
      plugins: [
        definePlugin({
          name: 'geo',
          settings: z.strictObject({}),
          options: z.strictObject({}),
          register: () => ({ route: () => undefined, ...(status && { status }) }),
        }),
      ],
      config: { routes: { all: { ...respond('/'), geo: {} } } },
    });

  test('may tell how something is that it depends on', async () => {
    const { read } = await plugged(function* () {
      yield {
        kind: 'database',
        name: 'https://user:p@ss@geo.example/db?key=zz#zz',
        isOk: false,
        since: 0,
        lastError: { at: 1_000, why: 'GET https://u:p@geo.example/?zz=1 failed' },
        facts: { rows: 3, note: 'x'.repeat(500) },
      };
    });
    expect((await read<GatewayStatus>('/status')).plugins).toEqual([
      {
        plugin: 'geo',
        kind: 'database',
        name: 'https://geo.example/db',
        ok: false,
        since: '1970-01-01T00:00:00.000Z',
        lastError: { at: '1970-01-01T00:00:01.000Z', why: 'GET https://geo.example/ failed' },
        facts: { rows: 3, note: `${'x'.repeat(200)}…` },
      },
    ]);
  });

  test('that fails to tell breaks nothing but its own report', async () => {
    const { read } = await plugged(() => {
      throw new Error('no idea');
    });
    const { ready, plugins } = await read<GatewayStatus>('/status');
    expect([ready, plugins]).toMatchObject([true, [{ ok: false, lastError: { why: 'no idea' } }]]);
  });

  test('that tells without end is cut short', async () => {
    const { read } = await plugged(function* () {
      for (;;) yield { kind: 'a', name: 'b', isOk: true };
    });
    expect((await read<GatewayStatus>('/status')).plugins).toHaveLength(50);
  });
});
