import { describe, expect, test } from 'vitest';
import { codeOf, forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { request } from '../gateway/support/socket.ts';
import { fixture } from './fixtures/folder.ts';

/** A route with the faulty plugin, to a real upstream whose slots can be counted. */
async function faulty(options: object, plugins: object = {}, action: object = { upstream: 'up' }) {
  let calls = 0;
  const origin = await startUpstream((_request, response) => {
    calls += 1;
    response.end('x'.repeat(100_000));
  });
  const gateway = await startGateway({
    config: {
      plugins: { faulty: { module: fixture('faulty') }, ...plugins },
      upstreams: { up: { targets: [origin] } },
      routes: { a: { match: { path: '/a' }, faulty: options, ...action } },
    },
  });
  const used = () => gateway.gateway.status().upstreams[0]?.slots.used;
  return { ...gateway, calls: () => calls, used };
}

describe('a hook that throws', () => {
  test.each(['error', 'nothing', 'text', 'rejection', 'emptyRejection'])(
    'what is %s lets nobody pass, and is 500',
    async (what) => {
      const { fetch, calls } = await faulty({ on: 'request', what });

      const response = await fetch('/a');

      expect([response.status, calls()]).toEqual([500, 0]);
      expect(await codeOf(response)).toBe('GW_INTERNAL');
    },
  );

  test('a GatewayError is that error, and the connection stays', async () => {
    const { fetch, url } = await faulty({ on: 'request', what: 'own' });
    const response = await fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([410, 'GW_GONE']);
    const { headers } = await request(url, ['GET /a HTTP/1.1', 'host: a']);
    expect(headers['connection']).toBe('keep-alive');
  });

  test('in a policy is an error of the call', async () => {
    const { fetch, calls } = await faulty({ on: 'call', what: 'own' });
    expect([(await fetch('/a')).status, calls()]).toEqual([410, 0]);
  });
});

describe('onResponse that throws', () => {
  test.each([
    ['where the answer goes straight to the socket', {}],
    ['where it goes through Fastify', { ordinary: { module: fixture('ordinary') } }],
  ])('%s is 500, and gives the upstream’s slot back', async (_where, plugins) => {
    const { fetch, used } = await faulty({ on: 'response' }, plugins);

    const response = await fetch('/a');

    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.text()).not.toContain('boom');
    await expect.poll(used).toBe(0);
  });

  test('on an answer of ours is 500, too', async () => {
    const { fetch } = await faulty({ on: 'response' }, {}, { respond: { body: 'x' } });
    const response = await fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([500, 'GW_INTERNAL']);
  });
});

describe('other plugins', () => {
  test.each(['response', 'header'])('edit the error that one makes of its %s', async (on) => {
    const { fetch } = await faulty(
      { on },
      { securityHeaders: {}, cors: {} },
      {
        upstream: 'up',
        cors: { origins: ['https://a.example'] },
        securityHeaders: {},
      },
    );
    const response = await fetch('/a', { headers: { origin: 'https://a.example' } });
    expect([response.status, await codeOf(response)]).toEqual([500, 'GW_INTERNAL']);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(response.headers.get('x-bad')).toBeNull();
  });
});

describe('a value that no header can hold', () => {
  test.each([
    ['forward', { upstream: 'up' }],
    ['respond', { respond: { body: 'x' } }],
  ])('set in onResponse is 500 for %s, and leaves nothing behind', async (_action, action) => {
    const { fetch, used } = await faulty({ on: 'header' }, {}, action);
    const response = await fetch('/a');
    expect([response.status, await codeOf(response)]).toEqual([500, 'GW_INTERNAL']);
    await expect.poll(used).toBe(0);
  });

  test('set on the reply does not end the process, nor hang the client', async () => {
    const { fetch, used } = await faulty({ on: 'reply' });
    expect((await fetch('/a')).status).toBe(500);
    await expect.poll(used).toBe(0);
  });
});

describe('an ordinary Fastify plugin', () => {
  const plugged = (plugins: object, keys: object = {}) =>
    startGateway({
      config: {
        plugins: { trace: { module: fixture('trace') }, ...plugins },
        routes: {
          forwarded: forwardTo('/forwarded', keys),
          own: { match: { path: '/own' }, respond: { body: 'own' }, ...keys },
        },
      },
      upstreams: { up: () => ({ body: 'theirs', headers: { 'content-length': '6' } }) },
    });

  test('runs on every route, forwarded ones too, with what the client asked for', async () => {
    const { fetch } = await plugged({ ordinary: { module: fixture('ordinary'), mark: 'mine' } });
    for (const [path, body] of [
      ['/forwarded?q=1', 'theirs'],
      ['/own?q=1', 'own'],
    ] as const) {
      const response = await fetch(path);
      expect(response.headers.get('x-ordinary')).toBe('mine');
      expect(response.headers.get('x-asked')).toBe(path);
      expect(await response.text()).toBe(body);
    }
  });

  test('does not see forwarded answers where its entry says fastPath', async () => {
    const { fetch } = await plugged({ ordinary: { module: fixture('ordinary'), fastPath: true } });
    expect((await fetch('/forwarded')).headers.get('x-ordinary')).toBeNull();
    expect((await fetch('/own')).headers.get('x-ordinary')).toBe('yes');
  });

  test('that takes its time does not let a request pass that was answered', async () => {
    const { fetch } = await plugged(
      { ordinary: { module: fixture('ordinary'), slow: true } },
      { cors: { origins: ['*'] }, trace: { phases: ['request'] } },
    );
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
    const response = await fetch('/forwarded', { method: 'OPTIONS', headers });
    expect([response.status, response.headers.get('x-trace')]).toEqual([204, null]);
  });

  test('that takes its time outlives an upstream that stops meanwhile', async () => {
    const origin = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('12345');
      setTimeout(() => response.destroy(), 10);
    });
    const { fetch } = await startGateway({
      config: {
        plugins: { ordinary: { module: fixture('ordinary'), slow: true } },
        upstreams: { up: { targets: [origin], retry: false } },
        routes: { a: forwardTo('/a'), own: { match: { path: '/own' }, respond: { body: 'own' } } },
      },
    });
    const cut = await fetch('/a').then(
      async (response) => [response.status, await response.text().catch(() => 'cut')],
      () => 'cut',
    );
    expect(cut).not.toEqual([200, '12345']);
    expect(await (await fetch('/own')).text()).toBe('own');
  });

  test('that puts another body in its place leaves no slot taken', async () => {
    const origin = await startUpstream((_request, response) => response.end('x'.repeat(200_000)));
    const { fetch, gateway } = await startGateway({
      config: {
        plugins: { replacing: { module: fixture('replacing') } },
        upstreams: { up: { targets: [origin] } },
        routes: { a: forwardTo('/a') },
      },
    });
    expect(await (await fetch('/a')).text()).toBe('replaced');
    await expect.poll(() => gateway.status().upstreams[0]?.slots.used).toBe(0);
  });

  test('works on HEAD, on empty answers and on errors', async () => {
    const { fetch } = await plugged({ ordinary: { module: fixture('ordinary') } });
    const head = await fetch('/forwarded', { method: 'HEAD' });
    expect([head.status, head.headers.get('x-ordinary')]).toEqual([200, 'yes']);
    expect(head.headers.get('content-length')).toBe('6');
    const missing = await fetch('/none');
    expect([missing.status, await codeOf(missing)]).toEqual([404, 'GW_ROUTE_NOT_FOUND']);
  });
});

describe('a plugin that cannot start', () => {
  test.each([
    ['faulty', { failStart: true }, 'no way to start'],
    ['broken', {}, 'its database is gone'],
  ])('refuses the config and names itself: %s', async (name, settings, why) => {
    const starting = startGateway({
      config: {
        plugins: { [name]: { module: fixture(name), ...settings } },
        routes: { a: { match: { path: '/' }, respond: {} } },
      },
    });
    await expect(starting).rejects.toThrow(
      new RegExp(`gateway\\.config\\.yaml:\\d+:\\d+ .*plugins\\.${name}.*${why}`),
    );
  });

  test('ends those that started before it', async () => {
    const { closed } = await import('./fixtures/closing.ts');
    const before = closed.count;
    const starting = startGateway({
      config: {
        plugins: {
          closing: { module: fixture('closing') },
          broken: { module: fixture('broken') },
        },
        routes: { a: { match: { path: '/' }, respond: {} } },
      },
    });
    await expect(starting).rejects.toThrow(/database/);
    expect(closed.count).toBe(before + 1);
  });

  test('ends once, with its gateway', async () => {
    const { closed } = await import('./fixtures/closing.ts');
    const before = closed.count;
    const { close } = await startGateway({
      config: {
        plugins: { closing: { module: fixture('closing') } },
        routes: { a: { match: { path: '/' }, respond: {} } },
      },
    });
    await close();
    expect(closed.count).toBe(before + 1);
  });
});
