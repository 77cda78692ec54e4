/** The products of the shop. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { PRODUCTS, type Product } from '../data/products/index.ts';
import { find, read } from '../errors.ts';

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  /** One that does not exist lists nothing. */
  category: z.string().optional(),
});

export function catalog(options?: ServiceOptions): FastifyInstance {
  const app = createService('catalog', options);
  app.get('/products', ({ query }) => listed(read(ListQuery, 'query', query)));
  app.get<{ Params: { id: string } }>('/products/:id', ({ params }) =>
    find(PRODUCTS, 'product', params.id),
  );
  return app;
}

/** A page of products, and how many there are in all. */
export function listed({ limit, category }: z.infer<typeof ListQuery>): {
  readonly items: Product[];
  readonly total: number;
} {
  const all = [...PRODUCTS.values()];
  const matching = all.filter((product) => (category ?? product.category) === product.category);
  return { items: matching.slice(0, limit), total: matching.length };
}
