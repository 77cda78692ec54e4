/** A BFF whose route gets other plugins while it serves. */
import { defineBff, z } from 'portico';

const Item = z.object({ id: z.number() });

export default defineBff({ upstreams: ['up'] }, (app) => {
  app.get('/', { schema: { response: { 200: Item } } }, (request) =>
    request.upstreams.up.get('/item', { schema: Item }),
  );
});
