import { expect, onTestFinished, test } from 'vitest';
import { testGateway } from 'portico/testing';

const product = { id: 'p1', name: 'Headphones', price: 17_900, costPrice: 9_000 };

test('a product is shown without suggestions while they fail', async () => {
  const { fetch, close } = await testGateway({
    config: {
      routes: {
        shop: {
          match: { path: '/shop/*' },
          bff: new URL('../bff/optional.ts', import.meta.url).pathname,
        },
      },
    },
    upstreams: {
      catalog: ({ path }) => (path === '/products/p1' ? { body: product } : { status: 404 }),
      recommendations: () => ({ status: 503 }),
    },
  });
  onTestFinished(close);

  const response = await fetch('/shop/products/p1');

  expect(response.status).toBe(200);
  expect(response.headers.get('gateway-degraded')).toBe('similar;reason=status-503');
  expect(await response.json()).toEqual({
    product: { id: 'p1', name: 'Headphones', price: 17_900 },
    similar: [],
  });
});
