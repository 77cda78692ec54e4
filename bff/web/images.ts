/** Pictures of products, as wide as the page needs them. */
import { z } from 'portico';
import { ProductId } from './product.ts';
import type { App } from './services.ts';

const Params = z.object({ id: ProductId, view: z.enum(['front', 'side', 'in-use']) });
const Query = z.strictObject({
  width: z.coerce
    .number()
    .pipe(z.literal([160, 320, 640, 1280]))
    .default(640),
});

export function addImages(app: App): void {
  app.get(
    '/images/:id/:view',
    { schema: { params: Params, querystring: Query, response: { 200: z.string() } } },
    async (request, reply) => {
      const image = await request.upstreams.catalog.open('/images/{id}/{view}', {
        path: request.params,
        query: request.query,
        conditional: true,
      });
      return image.sendTo(reply);
    },
  );
}
