/** The stock in the warehouses, and its reservations. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { RESERVATIONS, STOCK } from '../data/stock.ts';
import { find, ids, picked, read } from '../errors.ts';

const ListQuery = z.strictObject({ ids: ids() });

export function inventory(options?: ServiceOptions): FastifyInstance {
  const app = createService('inventory', options);
  app.get<{ Params: { id: string } }>('/reservations/order/:id', ({ params }) =>
    find(RESERVATIONS, 'reservation of order', params.id),
  );
  app.get('/stock', ({ query }) => ({
    items: picked(STOCK, read(ListQuery, 'query', query).ids),
  }));
  app.get<{ Params: { id: string } }>('/stock/:id', ({ params }) =>
    find(STOCK, 'stock of product', params.id),
  );
  return app;
}
