/** docs/rewrites.md: the example serves as the page says, and its table of the way back is true. */
import { expect, test } from 'vitest';
import { Page } from '../helpers/page.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { request } from '../gateway/support/socket.ts';
import { cookieBack } from '../../src/routes/rewrite-back/cookie-back.ts';
import { refreshBack, urlBack } from '../../src/routes/rewrite-back/location-back.ts';
import { viewOf } from '../routes/rewrite-back/view.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/rewrites.md');
const [example = '', redirects = ''] = PAGE.blocks('yaml');

test('the example sends what its comments say', async () => {
  const { fetch, seen } = await served(example, {
    upstreams: {
      products: () => ({ status: 201, headers: { location: '/products/8' } }),
      reports: () => ({}),
    },
  });
  const created = await fetch('/api/products/7');
  await fetch('/reports/2026/a7');
  expect(seen.map(({ path }) => path)).toEqual(['/products/7', '/v2/a7']);
  expect(created.headers.get('location')).toBe('/api/products/8');
});

test('each row of the way back is true', () => {
  const view = viewOf({ ownNames: ['products.internal:4001'] });
  const turns = {
    Location: urlBack,
    Refresh: refreshBack,
    'Set-Cookie': cookieBack,
  };
  const rows = [...PAGE.text.matchAll(/^\| `(Location|Refresh|Set-Cookie): (.*)` \| (.*) \|$/gm)];
  expect(rows).toHaveLength(9);
  for (const [, field, said = '', told = ''] of rows) {
    const expected = /^`(.*?)`/.exec(told)?.[1] ?? said;
    expect(turns[field as keyof typeof turns](said, view), said).toBe(expected);
  }
});

test('each redirect leads where the page says', async () => {
  const { url } = await served(redirects);
  const locationOf = async (path: string, host = 'a.example') =>
    (await request(url, [`GET ${path} HTTP/1.1`, `Host: ${host}`])).headers['location'];
  expect(await locationOf('/old/a?x')).toBe('/new/a?x');
  expect(await locationOf('/a?x', 'shop.example')).toBe('https://www.shop.example/a?x');
  expect(await locationOf('/partners/7?x')).toBe('https://partners.example/7');
});

test.each([
  ['/*', '/api/a/b', '/a/b'],
  ['/orders/*', '/api/a/', '/orders/a/'],
  ['/v1/orders', '/api/a', '/v1/orders'],
  [undefined, '/api/a', '/api/a'],
  [{ regex: '/(?P<shop>[a-z]+)/(?P<rest>.*)', to: '/{rest}' }, '/de/a/b', '/a/b'],
  [{ regex: '/(?P<shop>[a-z]+)/(?P<rest>.*)', to: '/{rest}' }, '/7/a', '/7/a'],
])('rewrite: %j sends %s as %s', async (rewrite, asked, sent) => {
  const { fetch, seen } = await startGateway({
    config: {
      routes: {
        a: {
          match: { path: asked.startsWith('/api') ? '/api/*' : '/*' },
          upstream: 'up',
          ...(rewrite && { rewrite }),
        },
      },
    },
    upstreams: { up: () => ({}) },
  });
  await fetch(asked);
  expect(seen[0]?.path).toBe(sent);
});
