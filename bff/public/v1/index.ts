/** The public API, version 1: for partners with a key, each on a plan. README.md promises what stays as it is. */
import { apis, defineBff, partStatus, ProblemError, z } from 'portico';
import type { paths as Catalog } from '../../types/catalog.d.ts';
import type { paths as Inventory } from '../../types/inventory.d.ts';
import {
  AvailabilityList,
  CatalogList,
  CatalogProduct,
  CatalogStock,
  Price,
  Product,
  ProductList,
  readCursor,
  toAvailability,
  toProduct,
  toProductList,
} from './resources.ts';

const ProductId = z.string().regex(/^p\d{1,6}$/);
const Params = z.object({ id: ProductId });
const ListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(20).describe('Products of a page.'),
  after: z.string().max(64).optional().describe('`next` of the page before.'),
  category: z.string().max(40).optional(),
});
const StockQuery = z.strictObject({
  ids: z
    .string()
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(ProductId).min(1).max(100))
    .describe('Up to 100 ids of products: `p1,p2`.'),
});

const DOCS = 'https://shop.example/docs/public/v1';

/** Half a year, from the day on which its successor was there. */
const PRICE_ENDS = {
  name: 'v1-price',
  deprecated: '2026-10-01',
  sunset: '2027-04-01',
  link: `${DOCS}#price`,
};

export default defineBff(
  {
    upstreams: ['catalog', 'inventory'],
    apis: apis<{ catalog: Catalog; inventory: Inventory }>(),
    batch: {
      inventory: {
        '/stock/{id}': { list: '/stock', parameter: 'ids', items: 'items', key: 'productId' },
      },
    },
  },
  (app) => {
    app.get(
      '/products',
      { schema: { querystring: ListQuery, response: { 200: ProductList } } },
      async (request) => {
        const { limit, after, category } = request.query;
        const last = after === undefined ? undefined : readCursor(after);
        if (after !== undefined && last === undefined) throw badCursor();
        const query = { limit: limit + 1, after: last, category };
        try {
          const list = request.upstreams.catalog.get('/products', { query, schema: CatalogList });
          return toProductList((await list).items, limit);
        } catch (error) {
          // The catalog knows no product after which to go on.
          if (last !== undefined && partStatus(error) === 400) throw badCursor();
          throw error;
        }
      },
    );

    app.get(
      '/products/:id',
      { schema: { params: Params, response: { 200: Product } } },
      async ({ params: path, upstreams: { catalog } }) =>
        toProduct(await catalog.get('/products/{id}', { path, schema: CatalogProduct })),
    );

    app.get(
      '/products/:id/price',
      {
        schema: { params: Params, response: { 200: Price } },
        config: { portico: { version: PRICE_ENDS } },
      },
      async ({ params: path, upstreams: { catalog } }) => {
        const product = await catalog.get('/products/{id}', { path, schema: CatalogProduct });
        return { price: toProduct(product).price };
      },
    );

    app.get(
      '/availability',
      { schema: { querystring: StockQuery, response: { 200: AvailabilityList } } },
      async (request) => {
        const { inventory } = request.upstreams;
        const { ids } = request.query;
        const found = await Promise.all(
          ids.map((id) =>
            inventory
              .get('/stock/{id}', { path: { id }, schema: CatalogStock })
              .catch((error: unknown) => {
                if (partStatus(error) === 404) return id;
                throw error;
              }),
          ),
        );
        return {
          items: found.flatMap((each) => (typeof each === 'string' ? [] : toAvailability(each))),
          unknown: found.filter((each) => typeof each === 'string'),
        };
      },
    );
  },
);

const badCursor = (): ProblemError =>
  new ProblemError({
    status: 400,
    type: `${DOCS}#cursor`,
    title: 'The cursor is not valid',
    detail: 'use the value of `next` as it came',
  });
