/** docs/files.md: the examples serve as the page says. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startGateway } from '../gateway/support/gateway.ts';
import { Page } from '../helpers/page.ts';
import { folderWith } from '../routes/files/support/site.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/files.md');
const [example = '', maintenance = ''] = PAGE.blocks('yaml');

test('the app stands beside the API, and opens at any of its addresses', async () => {
  const root = folderWith({ 'index.html': 'app', 'app.js': 'js', 'docs/index.html': 'docs' });
  const { fetch } = await served(example, {
    replace: { './public': root },
    upstreams: { orders: ({ path }) => ({ body: `api ${path}` }) },
  });
  const textOf = async (path: string, accept = 'text/html') =>
    (await fetch(path, { headers: { accept } })).text();
  expect(await textOf('/api/orders')).toBe('api /api/orders');
  expect(await textOf('/')).toBe('app');
  expect(await textOf('/orders/7')).toBe('app');
  expect(await textOf('/app.js', '*/*')).toBe('js');
  expect((await fetch('/old.js')).status).toBe(404);
  const folder = await fetch('/docs');
  expect([folder.status, folder.headers.get('location')]).toEqual([301, '/docs/']);
  const script = (await fetch('/app.js')).headers;
  expect(script.get('cache-control')).toBe('public, max-age=3600');
  expect(script.get('strict-transport-security') ?? script.get('x-frame-options')).not.toBeNull();
});

test('the page for maintenance takes every request', async () => {
  const folder = folderWith({ 'maintenance.html': 'back soon' });
  const { routes } = parse(maintenance.replace('./', `${join(folder)}/`)) as { routes: object };
  const { fetch } = await startGateway({
    config: { routes: { ...routes, other: { match: { path: '/a' }, respond: {} } } },
  });
  const response = await fetch('/a');
  expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
    503,
    '600',
    'back soon',
  ]);
});

test('its table names every key', () => {
  const named = [...PAGE.text.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
  expect(named).toEqual([
    'root',
    'index',
    'fallback',
    'maxAge',
    'dotfiles',
    'precompressed',
    'concurrency',
  ]);
});
