/** docs/graphql.md: its example serves as the page says. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Page } from '../helpers/page.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/graphql.md');
const [example = ''] = PAGE.blocks('yaml');
const replace = { './docs': resolve('docs') };

test('the example answers with the reviews beside the product, or without them', async () => {
  let body: object = { data: { product: { reviews: [{ stars: 5, text: 'good' }] } } };
  const { fetch, seen } = await served(example, {
    replace,
    upstreams: { catalog: () => ({ body: { id: '7' } }), reviews: () => ({ body }) },
  });

  const response = await fetch('/api/pages/7?limit=1');
  expect(await response.json()).toEqual({
    product: { id: '7' },
    reviews: [{ stars: 5, text: 'good' }],
  });
  const sent = seen.find(({ upstream }) => upstream === 'reviews')!;
  expect([sent.method, sent.path]).toEqual(['POST', '/graphql']);
  expect(await sent.json()).toMatchObject({
    operationName: 'ProductReviews',
    variables: { id: '7', first: 1 },
  });

  body = { data: { product: null }, errors: [{ message: 'no' }] };
  const degraded = await fetch('/api/pages/7');
  expect(await degraded.json()).toEqual({ product: { id: '7' }, reviews: [] });
  expect(degraded.headers.get('gateway-degraded')).toBe('reviews;reason=graphql-error');
});
