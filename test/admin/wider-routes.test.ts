/** Out of which route another one has been cut. */
import { expect, test } from 'vitest';
import { WiderRoutes } from '../../src/admin/wider-routes.ts';
import { startGateway } from '../gateway/support/gateway.ts';

const at = (path: string, upstream: string, hosts?: readonly string[]) => ({
  match: { path, ...(hosts && { hosts }) },
  upstream,
});

async function aroundOf(routes: Readonly<Record<string, object>>) {
  const { gateway } = await startGateway({
    config: { routes },
    upstreams: { old: () => ({}), new: () => ({}), other: () => ({}) },
  });
  const all = gateway.config.routes;
  const wider = new WiderRoutes(all, ({ action }) => {
    const { upstream } = action as { readonly upstream?: string };
    return upstream === undefined ? [] : [upstream];
  });
  return Object.fromEntries(all.map((route) => [route.name, wider.around(route)?.route]));
}

test('it is the narrowest that forwards, and has all of its paths', async () => {
  expect(
    await aroundOf({
      all: at('/*', 'old'),
      shop: at('/shop/*', 'old'),
      products: at('/shop/products/*', 'new'),
      one: at('/shop/products/{id}/reviews', 'new'),
      exact: at('/shop/stores', 'new'),
      shopping: at('/shopping/*', 'new'),
      answered: { match: { path: '/other/*' }, respond: {} },
      part: at('/other/part/*', 'new'),
      regex: { match: { pathRegex: '/shop/[0-9]+' }, upstream: 'new' },
    }),
  ).toEqual({
    all: undefined,
    shop: 'all',
    products: 'shop',
    one: 'products',
    exact: 'shop',
    shopping: 'all',
    answered: 'all',
    part: 'all',
    regex: undefined,
  });
});

test('it has the same hosts, or any', async () => {
  expect(
    await aroundOf({
      all: at('/shop/*', 'old'),
      own: at('/shop/*', 'other', ['a.example']),
      a: at('/shop/products/*', 'new', ['a.example']),
      b: at('/shop/products/*', 'new', ['b.example']),
      any: at('/shop/stores/*', 'new'),
    }),
  ).toEqual({ all: undefined, own: undefined, a: 'own', b: 'all', any: 'all' });
});
