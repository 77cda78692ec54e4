/** The products of the shop. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { PRODUCTS, type Product } from '../data/products/index.ts';
import { productImage, WIDTHS } from '../data/product-image.ts';
import { find, ids, picked, read, ShopError } from '../errors.ts';

export const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  /** One that does not exist lists nothing. */
  category: z.string().optional(),
});

const CatalogQuery = ListQuery.extend({
  /** The last product of the page before. */
  after: z.string().optional(),
  /** Only these, without those that do not exist; the other parameters then do nothing. */
  ids: ids().optional(),
});

const ImageQuery = z.strictObject({
  width: z.coerce
    .number()
    .refine((width) => WIDTHS.includes(width), `not one of ${WIDTHS.join(', ')}`)
    .default(640),
});

export function catalog(options?: ServiceOptions): FastifyInstance {
  const app = createService('catalog', options);
  app.get('/products', ({ query }) => {
    const asked = read(CatalogQuery, 'query', query);
    if (asked.ids === undefined) return listed(asked);
    const items = picked(PRODUCTS, asked.ids);
    return { items, total: items.length };
  });
  app.get<{ Params: { id: string } }>('/products/:id', ({ params }) =>
    find(PRODUCTS, 'product', params.id),
  );
  app.get<{ Params: { id: string; view: string } }>('/images/:id/:view', (request, reply) => {
    const { id, view } = request.params;
    const { width } = read(ImageQuery, 'query', request.query);
    const number = find(PRODUCTS, 'product', id).images.findIndex((url) =>
      url.includes(`/${view}.`),
    );
    if (number < 0) throw new ShopError('not_found', `no image "${view}" of product "${id}"`);
    return reply
      .type('image/png')
      .header('cache-control', 'public, max-age=86400')
      .send(productImage(Number(id.slice(1)) * 3 + number, width));
  });
  return app;
}

/** A page of products, and how many there are in all. */
export function listed({
  limit,
  category,
  after,
}: z.infer<typeof ListQuery> & { readonly after?: string | undefined }): {
  readonly items: Product[];
  readonly total: number;
} {
  const all = [...PRODUCTS.values()];
  const matching = all.filter((product) => (category ?? product.category) === product.category);
  const first = after === undefined ? 0 : matching.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && first === 0)
    throw new ShopError('bad_request', 'query.after: no such product here');
  return { items: matching.slice(first, first + limit), total: matching.length };
}
