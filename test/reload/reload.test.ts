import { describe, expect, test } from 'vitest';
import { startUpstream } from '../helpers/upstream.ts';
import { complete, CONFIG, respond, startReloading } from './reloading.ts';

describe('a reload', () => {
  test('serves what the config says now', async () => {
    const { change, status, gateway } = await startReloading({ routes: { a: respond('/a') } });
    expect([await status('/a'), await status('/b')]).toEqual([200, 404]);

    const reload = await change({ routes: { b: respond('/b', 201) } });

    expect(reload).toMatchObject({ result: 'applied', cause: 'admin', generation: 2, faults: [] });
    expect([await status('/a'), await status('/b')]).toEqual([404, 201]);
    expect(gateway.status()).toMatchObject({ generation: 2, ready: true });
  });

  test('of a config with faults changes nothing, and says every one at its line', async () => {
    const { change, status, gateway, log } = await startReloading({ routes: { a: respond('/a') } });

    const { result, faults } = await change({
      routes: { a: { ...respond('/a'), upstrem: 'x' }, b: { match: { path: '/b' } } },
    });

    expect(result).toBe('rejected');
    expect(faults.map(({ path, line }) => [path, line > 1])).toEqual([
      ['routes.a.upstrem', true],
      ['routes.b', true],
    ]);
    expect(await status('/a')).toBe(200);
    const { reload, generation, ready } = gateway.status();
    expect([generation, ready]).toEqual([1, true]);
    expect(reload!.faults[0]).toMatch(
      /gateway\.config\.yaml:\d+:\d+ {2}routes\.a\.upstrem: unknown key/,
    );
    expect(log.lines()).toContainEqual(
      expect.objectContaining({
        level: 50,
        msg: 'config rejected: the previous one keeps serving',
        faults: reload!.faults,
      }),
    );
    expect((await change({ routes: { b: respond('/b') } })).result).toBe('applied');
    expect(await status('/b')).toBe(200);
  });

  test('lets requests under way end by the rules they began with', async () => {
    const release = Promise.withResolvers<void>();
    const upstream = await startUpstream((_request, response) => {
      void release.promise.then(() => response.end('late'));
    });
    const upstreams = { slow: { targets: [upstream.url] } };
    const route = { match: { path: '/slow' }, upstream: 'slow' };
    const { url, change, gateway } = await startReloading({ upstreams, routes: { route } });
    const answer = fetch(`${url}/slow`);
    await expect.poll(() => upstream.hits).toBe(1);

    await change({ routes: { other: respond('/other') } });
    expect(gateway.status().upstreams).toEqual([]);
    release.resolve();

    expect(await (await answer).text()).toBe('late');
  });

  test('keeps connections of clients, and to upstreams that stay', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('ok'));
    const config = (timeout: string) => ({
      upstreams: { up: { targets: [upstream.url], timeout } },
      routes: { all: { match: { path: '/*' }, upstream: 'up' } },
    });
    const { change, status } = await startReloading(config('1s'));
    for (let i = 2; i < 6; i++) {
      expect(await status('/')).toBe(200);
      expect((await change(config(`${i}s`))).result).toBe('applied');
    }
    expect(await status('/')).toBe(200);
    expect(upstream.connections).toBe(1);
  });

  test('asked for while one is running reads the files again, once', async () => {
    const { gateway, write, status } = await startReloading({ routes: { a: respond('/a') } });
    const first = gateway.reload('admin');
    write(CONFIG, complete({ routes: { b: respond('/b') } }));
    const more = await Promise.all([gateway.reload('signal'), gateway.reload('files'), first]);
    expect(await status('/b')).toBe(200);
    expect(gateway.status().generation).toBe(3);
    expect(more[0]).toBe(more[1]);
  });

  test('forgets the metrics of routes and upstreams that are gone', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('ok'));
    const up = { targets: [upstream.url] };
    const all = (name: string) => ({
      upstreams: { [name]: up },
      routes: { [name]: { match: { path: '/*' }, upstream: name } },
    });
    const { change, status, metrics } = await startReloading(all('before'));
    await status('/');
    expect(await metrics()).toContain('route="before"');
    await change(all('after'));
    await status('/');
    await expect.poll(metrics).not.toContain('"before"');
    expect(await metrics()).toContain('upstream="after"');
  });

  test('says what needs a restart, until the config says otherwise', async () => {
    const { change, gateway, log } = await startReloading({ routes: {} });
    const { restartRequired } = await change({ admin: { port: 1 }, server: { host: '::1' } });
    expect(restartRequired).toEqual(['server.host', 'admin.port']);
    expect(gateway.status().reload!.restartRequired).toEqual(restartRequired);
    expect(log.lines()).toContainEqual(
      expect.objectContaining({ level: 40, keys: restartRequired }),
    );
    expect((await change({ routes: {} })).restartRequired).toEqual([]);
  });
});

describe('POST /reload', () => {
  test('answers with what came of it', async () => {
    const { gateway, write } = await startReloading({ routes: {} });
    const post = (): Promise<Response> =>
      fetch(`${gateway.adminUrl}/reload`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    write(CONFIG, complete({ routes: { a: respond('/a') } }));
    const applied = await post();
    expect(applied.status).toBe(200);
    expect(await applied.json()).toMatchObject({
      result: 'applied',
      cause: 'admin',
      generation: 2,
    });
    write(CONFIG, 'version: [');
    const rejected = await post();
    expect(rejected.status).toBe(422);
    expect(await rejected.json()).toMatchObject({ result: 'rejected', generation: 2 });
  });

  test('asks for the token of the config that serves', async () => {
    const { gateway, change } = await startReloading({ routes: {} });
    await change({ admin: { port: 0, token: 'a-long-enough-token' } });
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${gateway.adminUrl}/reload`, { method: 'POST', headers });
    expect((await post({ 'content-type': 'application/json' })).status).toBe(401);
    expect((await post({ authorization: 'Bearer a-long-enough-token' })).status).toBe(200);
  });
});

test('stopping while a reload is running stops both', async () => {
  const { gateway } = await startReloading({ routes: {} });
  const reload = gateway.reload('admin');
  expect(await gateway.close()).toBe(true);
  expect((await reload).result).toBe('rejected');
});
