/** The payments: charges and refunds. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { chargeOf, type Payment, PAYMENTS } from '../data/payments.ts';
import { find, read, ShopError } from '../errors.ts';
import { once } from '../once.ts';
import { put } from '../put.ts';

/** What the bank lets pass at once, in minor units. */
const LIMIT = 500_000;

const Charge = z.strictObject({
  orderId: z.string().min(1).max(64),
  amount: z.int().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency such as EUR'),
});

/** By the key of the charge: whoever got no answer knows no other name for it. */
const Refund = z.strictObject({ paymentKey: z.string().min(1).max(255) });

export function payments({ now = Date.now, ...options }: ServiceOptions = {}): FastifyInstance {
  const app = createService('payments', options);
  const byOrder = new Map(PAYMENTS);
  const charged = new Map<string, Payment>();
  const keyed = once();
  app.get<{ Params: { id: string } }>('/payments/order/:id', ({ params }) =>
    find(byOrder, 'payment of order', params.id),
  );
  app.post('/payments', (request, reply) =>
    keyed(request, reply, (key) => {
      const wanted = read(Charge, 'body', request.body);
      const before = byOrder.get(wanted.orderId)?.status;
      if (before === 'authorized' || before === 'captured') {
        throw new ShopError('conflict', `order "${wanted.orderId}" has its payment`);
      }
      if (wanted.amount > LIMIT) {
        throw new ShopError('declined', `${wanted.amount} is above the card's limit of ${LIMIT}`);
      }
      const payment = chargeOf(wanted, new Date(now()).toISOString());
      put(byOrder, payment.orderId, payment);
      put(charged, key, payment);
      return { status: 201, body: payment };
    }),
  );
  app.post('/refunds', (request, reply) =>
    keyed(request, reply, () => {
      const { paymentKey } = read(Refund, 'body', request.body);
      const payment = find(charged, 'payment with the key', paymentKey);
      if (payment.status === 'refunded') {
        throw new ShopError('gone', `the payment of order "${payment.orderId}" is refunded`);
      }
      const refunded = { ...payment, status: 'refunded' } as const;
      put(byOrder, payment.orderId, refunded);
      put(charged, paymentKey, refunded);
      return { status: 200, body: refunded };
    }),
  );
  return app;
}
