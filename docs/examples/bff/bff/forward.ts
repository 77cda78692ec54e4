/** Passes requests on as they are: what the catalog says of a product, and no more than reading. */
import { defineBff } from 'portico';

export default defineBff({ upstreams: ['catalog'] }, (app) => {
  app.forward('/items/*', 'catalog', { rewrite: '/products/*', methods: ['GET'] });
});
