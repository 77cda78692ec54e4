/** The payments. */
import type { FastifyInstance } from 'fastify';
import { createService, type ServiceOptions } from '../create-service.ts';
import { PAYMENTS } from '../data/payments.ts';
import { find } from '../errors.ts';

export function payments(options?: ServiceOptions): FastifyInstance {
  const app = createService('payments', options);
  app.get<{ Params: { id: string } }>('/payments/order/:id', ({ params }) =>
    find(PAYMENTS, 'payment of order', params.id),
  );
  return app;
}
