/** A plugin is told where it has been switched on: once for each place. */
import { expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';
import { fixture } from './fixtures/folder.ts';

const bff = `${process.cwd()}/test/bff/fixtures/placed.ts`;

async function placed() {
  const { seen } = await import('./fixtures/placed.ts');
  seen.made.length = seen.closed.length = 0;
  const gateway = await startGateway({
    config: {
      plugins: { placed: { module: fixture('placed') } },
      routes: {
        a: { match: { path: '/a' }, respond: {}, placed: 'one' },
        b: { match: { path: '/b' }, respond: {} },
        c: { match: { path: '/c/*' }, bff, placed: 'two' },
      },
    },
  });
  return { ...gateway, seen };
}

test('route runs once for each route with its key, and once more for an endpoint that narrows', async () => {
  const { seen } = await placed();
  expect(seen.made).toEqual(['one a', 'two c', 'own c /own/:id']);
});

test('the hooks of a route are its own, and those of an endpoint are added to them', async () => {
  const { fetch } = await placed();
  const of = async (path: string) => (await fetch(path)).headers.get('x-placed');
  expect(await of('/a')).toBe('one a');
  expect(await of('/b')).toBeNull();
  expect(await of('/c/plain')).toBe('two c');
  expect(await of('/c/own/1')).toBe('two c, own c /own/:id');
});

test('whatever was made for a place is closed once, and the plugin after it', async () => {
  const { seen, close } = await placed();
  await close();
  expect(seen.closed).toEqual(['one a', 'two c', 'own c /own/:id', 'all']);
});

test.each([
  [false, 'GET /mine'],
  [true, 'POST /mine'],
])('a route on host.app is refused, since no request would reach it', async (within, what) => {
  const start = startGateway({
    config: { routes: {}, plugins: { routing: { module: fixture('routing'), within } } },
  });
  await expect(start).rejects.toThrow(
    `plugins.routing: the plugin could not start: it registers the route ${what}, but requests reach only the routes of the config: serve it from a BFF`,
  );
});
