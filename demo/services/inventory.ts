/** The stock in the warehouses, and its reservations. */
import type { FastifyInstance } from 'fastify';
import { createService, type ServiceOptions } from '../create-service.ts';
import { RESERVATIONS, STOCK } from '../data/stock.ts';
import { find } from '../errors.ts';

export function inventory(options?: ServiceOptions): FastifyInstance {
  const app = createService('inventory', options);
  app.get<{ Params: { id: string } }>('/reservations/order/:id', ({ params }) =>
    find(RESERVATIONS, 'reservation of order', params.id),
  );
  app.get<{ Params: { productId: string } }>('/stock/:productId', ({ params }) =>
    find(STOCK, 'stock of product', params.productId),
  );
  return app;
}
