/** A screen that is there even when suggestions are not. */
import { defineBff, optional, z } from 'portico';

const Params = z.object({ id: z.string().regex(/^p\d{1,6}$/) });
const Product = z.object({ id: z.string(), name: z.string(), price: z.int() });
const Similar = z.object({ items: z.array(Product) });
const Screen = z.object({ product: Product, similar: z.array(Product) });

export default defineBff({ upstreams: ['catalog', 'recommendations'] }, (app) => {
  app.get(
    '/products/:id',
    { schema: { params: Params, response: { 200: Screen } } },
    async (request) => {
      const { catalog, recommendations } = request.upstreams;
      const path = request.params;
      const { product, similar } = await request.gather({
        product: catalog.get('/products/{id}', { path, schema: Product }),
        similar: optional(
          recommendations.get('/similar/{id}', {
            path,
            query: { limit: 2 },
            timeout: '300ms',
            schema: Similar,
          }),
          { items: [] },
        ),
      });
      return { product, similar: similar.items };
    },
  );
});
