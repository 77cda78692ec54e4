/** Two services in one answer, called at the same time. */
import { defineBff, z } from 'portico';

const Params = z.object({ id: z.string().regex(/^p\d{1,6}$/) });
const Product = z.object({ id: z.string(), name: z.string(), price: z.int() });
const Stock = z.object({ available: z.int() });
const Screen = z.object({ name: z.string(), price: z.int(), isInStock: z.boolean() });

export default defineBff({ upstreams: ['catalog', 'inventory'] }, (app) => {
  app.get(
    '/products/:id',
    { schema: { params: Params, response: { 200: Screen } } },
    async (request) => {
      const { catalog, inventory } = request.upstreams;
      const path = request.params;
      const { product, stock } = await request.gather({
        product: catalog.get('/products/{id}', { path, schema: Product }),
        stock: inventory.get('/stock/{id}', { path, schema: Stock }),
      });
      return { name: product.name, price: product.price, isInStock: stock.available > 0 };
    },
  );
});
