import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testGateway } from 'portico/testing';
import bff from '../bff/optional.ts';

const product = { id: 'p1', name: 'Headphones', price: 17_900, costPrice: 9_000 };

test('shows a product without suggestions while they fail', async () => {
  await using gateway = await testGateway({
    bff,
    upstreams: {
      catalog: () => ({ body: product }),
      recommendations: () => ({ status: 500 }),
    },
  });

  const response = await gateway.fetch('/products/p1');

  assert.equal(response.status, 200);
  assert.equal(response.headers.get('gateway-degraded'), 'similar;reason=status-500');
  assert.deepEqual(await response.json(), {
    product: { id: 'p1', name: 'Headphones', price: 17_900 },
    similar: [],
  });
  assert.deepEqual(gateway.seen.map(({ path }) => path).toSorted(), [
    '/products/p1',
    '/similar/p1',
  ]);
});
