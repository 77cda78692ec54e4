/** Many calls of one kind, of which one call is made. */
import { defineBff, z } from 'portico';

const Params = z.object({ id: z.string().regex(/^u\d{1,6}$/) });
const Suggested = z.object({ items: z.array(z.object({ id: z.string() })) });
const Product = z.object({ id: z.string(), name: z.string(), rating: z.number() });

export default defineBff(
  {
    upstreams: ['recommendations', 'catalog'],
    batch: {
      catalog: { '/products/{id}': { list: '/products', parameter: 'ids', items: 'items' } },
    },
  },
  (app) => {
    app.get(
      '/suggestions/:id',
      { schema: { params: Params, response: { 200: z.array(Product) } } },
      async (request) => {
        const { recommendations, catalog } = request.upstreams;
        const { items } = await recommendations.get('/for-user/{id}', {
          path: request.params,
          query: { limit: 2 },
          schema: Suggested,
        });
        return request.gather(
          items.map((path) => catalog.get('/products/{id}', { path, schema: Product })),
        );
      },
    );
  },
);
