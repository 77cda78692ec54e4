import { describe, expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { fixture } from './fixtures/folder.ts';
import { recordingLog } from './recording-log.ts';

const mistaken = (settings: object) => ({ mistaken: { module: fixture('mistaken'), ...settings } });

describe('what plugins return is looked at before anything is served', () => {
  const start = (returned: string) =>
    startGateway({
      config: {
        plugins: mistaken({ returned }),
        routes: { a: { match: { path: '/a' }, upstream: 'up', mistaken: 'own' } },
      },
      upstreams: { up: () => ({}) },
    });

  test.each([
    ['nobody', 'register returned undefined, not an object with "route"'],
    ['hooks', 'register returned hooks: return { route: (options) => hooks }'],
    ['misnamed', 'register returned the key "rout"; did you mean "route"?'],
    ['routeless', 'register returned no "route", which returns the hooks of one route'],
    ['notRoute', 'register returned a route that is not a function'],
  ])('%s: %s', async (returned, fault) => {
    const said = await start(returned).catch((error: Error) => error.message);
    expect(said).toMatch(/gateway\.config\.yaml:\d+:\d+ +plugins\.mistaken: the plugin could not/);
    expect(said).toContain(fault);
  });

  test.each([
    ['nothing', 'plugin mistaken: route returned null, not an object with hooks'],
    ['misspelt', 'plugin mistaken: route returned the key "onRequst"; did you mean "onRequest"?'],
    ['late', /plugin mistaken: route returned the phase 'preHandler' \(known: cors, ip,/],
    ['phaseless', /plugin mistaken: route returned the phase undefined \(known: cors, ip,/],
    ['between', "plugin mistaken: route returned the place 'middle': use outer or inner"],
    ['unexplainable', 'plugin mistaken: route returned "explain" without "onRequest"'],
    ['halfPure', "plugin mistaken: route returned isPure: 'half': use true or false"],
    ['text', 'plugin mistaken: route returned a onRequest that is not a function'],
    [
      'unknown',
      `plugin mistaken: route returned the phase 'authenicate'; did you mean "authenticate"?`,
    ],
    ['noPolicy', 'plugin mistaken: its policy is undefined, not a function'],
    ['noCall', 'plugin mistaken: its policy is undefined, not a function'],
  ])('what it makes of a route is a fault of the route, %s: %s', async (returned, fault) => {
    const said = await start(returned).catch((error: Error) => error.message);
    expect(said).toMatch(/gateway\.config\.yaml:\d+:\d+ +routes\.a: cannot be served: /);
    expect(said).toMatch(fault);
  });
});

describe('the log names the plugin, its hook and the route', () => {
  test.each([
    ['refuses', 'onRequest', 'it returned false: throw a GatewayError to refuse'],
    ['promise', 'onResponse', 'it returned a promise: the head is sent at once'],
    ['stream', 'transform', `it returned 'text': return a Transform`],
    ['own', 'policy', 'mine'],
    [
      'response',
      'policy',
      'it returned undefined, not a response: return what next(request) returns',
    ],
  ])('where it %s (%s)', async (what, hook, message) => {
    const { log, lines } = recordingLog();
    const { fetch } = await startGateway({
      log,
      config: {
        plugins: mistaken({}),
        routes: { a: { match: { path: '/a' }, upstream: 'up', mistaken: what } },
      },
      upstreams: { up: () => ({ body: 'x' }) },
    });

    const response = await fetch('/a');

    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/mistaken|mine|returned/);
    const bug = lines().find(({ msg }) => msg === 'bug');
    expect(bug).toMatchObject({ plugin: 'mistaken', hook, route: 'a' });
    expect(bug).toHaveProperty('err.message', expect.stringContaining(message));
  });

  test('where it has no form for an error, which reaches the client as a document', async () => {
    const { log, lines } = recordingLog();
    const { fetch } = await startGateway({
      log,
      config: {
        plugins: mistaken({}),
        routes: { a: { match: { path: '/a' }, upstream: 'up', mistaken: 'form' } },
      },
      upstreams: { up: () => ({}) },
    });
    const response = await fetch('/a');
    expect([response.status, await response.json()]).toMatchObject([410, { detail: 'away' }]);
    const bug = lines().find(({ msg }) => msg === 'bug');
    expect(bug).toMatchObject({ plugin: 'mistaken', hook: 'errorAnswer', route: 'a' });
    const message = 'it returned { status: 200 }: return { status, headers, body }';
    expect(bug).toHaveProperty('err.message', expect.stringContaining(message));
  });

  test('and no plugin where the failure is none of theirs', async () => {
    const { log, lines } = recordingLog();
    const { fetch } = await startGateway({
      log,
      config: {
        plugins: mistaken({}),
        routes: { a: { match: { path: '/a' }, upstream: 'up', mistaken: 'nothing' } },
      },
      upstreams: {
        up: () => {
          throw new Error('theirs');
        },
      },
    });
    expect((await fetch('/a')).status).toBe(500);
    const bug = lines().find(({ msg }) => msg === 'bug');
    expect(bug).toMatchObject({ route: 'a', err: { message: 'theirs' } });
    expect(bug).not.toHaveProperty('plugin');
  });
});

test('settings may be refined: what does not go together is a fault at its line', async () => {
  const start = (min: number) =>
    startGateway({
      config: { routes: {}, plugins: { refined: { module: fixture('refined'), min } } },
    });
  await expect(start(2)).rejects.toThrow(/:\d+:\d+ +plugins\.refined\.min: is more than max/);
  await start(1);
});
