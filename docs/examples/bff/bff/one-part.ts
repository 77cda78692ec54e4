/** One call, and of its answer only what the screen shows. */
import { defineBff, z } from 'portico';

const Params = z.object({ id: z.string().regex(/^p\d{1,6}$/) });
const Product = z.object({ id: z.string(), name: z.string(), price: z.int() });

export default defineBff({ upstreams: ['catalog'] }, (app) => {
  app.get(
    '/products/:id',
    { schema: { params: Params, response: { 200: Product } } },
    async (request) => {
      const { catalog } = request.upstreams;
      return catalog.get('/products/{id}', { path: request.params, schema: Product });
    },
  );
});
