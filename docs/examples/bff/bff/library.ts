/** A library that makes its own calls, under the policies of an upstream: here `fetch`. */
import { defineBff, type UpstreamClient, z } from 'portico';

const Params = z.object({ id: z.string().regex(/^p\d{1,6}$/) });
const Product = z.object({ id: z.string(), name: z.string(), price: z.int() });

/** What an SDK would do. */
async function getProduct({ dispatcher }: UpstreamClient, id: string): Promise<unknown> {
  const response = await fetch(`http://catalog/products/${encodeURIComponent(id)}`, { dispatcher });
  if (!response.ok) throw new Error(`the catalog answered ${response.status}`);
  return response.json();
}

export default defineBff({ upstreams: ['catalog'] }, (app) => {
  app.get(
    '/products/:id',
    { schema: { params: Params, response: { 200: Product } } },
    async (request) =>
      Product.parse(await getProduct(request.upstreams.catalog, request.params.id)),
  );
});
