/** What stands for an optional part may be nothing; what was read of both is typed. */
import { defineBff, optional, z } from 'portico';

const Item = z.object({ id: z.string(), stock: z.enum(['some', 'none', 'unknown']) });

export default defineBff({ upstreams: ['up'] }, (app) => {
  app.get('/', { schema: { response: { 200: Item.nullable() } } }, async (request) => {
    const part = request.upstreams.up.get('/', { schema: Item });
    const { item, other } = await request.gather({
      item: optional(part, null),
      other: optional(part, { id: '', stock: 'unknown' }),
    });
    const stock: 'some' | 'none' | 'unknown' = other.stock;
    return item ?? { ...other, stock };
  });
});
