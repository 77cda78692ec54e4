/** The web app's backend: rich pages, from as many services as they need. */
import { defineBff } from 'portico';
import { addAccount } from './account.ts';
import { addHome } from './home.ts';
import { addImages } from './images.ts';
import { addOrders } from './orders.ts';
import { addProducts } from './product.ts';
import { APIS, UPSTREAMS } from './services.ts';

export default defineBff(
  {
    upstreams: UPSTREAMS,
    apis: APIS,
    batch: {
      catalog: { '/products/{id}': { list: '/products', parameter: 'ids', items: 'items' } },
      inventory: {
        '/stock/{id}': { list: '/stock', parameter: 'ids', items: 'items', key: 'productId' },
      },
    },
  },
  (app) => {
    // Browsers keep what they got, and ask whether that is still so.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache');
      done();
    });
    addHome(app);
    addProducts(app);
    addOrders(app);
    addAccount(app);
    addImages(app);
  },
);
