/** Products a customer might also like: the optional part of a page. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { FAVOURITES } from '../data/favourites.ts';
import { PRODUCTS, type Product } from '../data/products/index.ts';
import { find, read } from '../errors.ts';

const Query = z.strictObject({ limit: z.coerce.number().int().min(1).max(20).default(4) });

export function recommendations(options?: ServiceOptions): FastifyInstance {
  const app = createService('recommendations', options);
  app.get<{ Params: { id: string } }>('/similar/:id', ({ params, query }) => {
    const { limit } = read(Query, 'query', query);
    const product = find(PRODUCTS, 'product', params.id);
    return { items: similarTo(product).slice(0, limit).map(brief) };
  });
  app.get<{ Params: { id: string } }>('/for-user/:id', ({ params, query }) => {
    const { limit } = read(Query, 'query', query);
    const ids = find(FAVOURITES, 'user', params.id);
    const products = ids.map((id) => find(PRODUCTS, 'product', id));
    return { items: products.slice(0, limit).map(brief) };
  });
  return app;
}

/** The others of its category, the nearest in price first. */
function similarTo(product: Product): Product[] {
  const distance = (other: Product) => Math.abs(other.price - product.price);
  return [...PRODUCTS.values()]
    .filter((other) => other.category === product.category && other.id !== product.id)
    .toSorted((a, b) => distance(a) - distance(b));
}

function brief({ id, name, price, currency }: Product) {
  return { id, name, price, currency };
}
