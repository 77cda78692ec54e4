/**
 * The orders. New ones get numbers from 1000 on and live in memory, the last 1,000 of
 * them; they have no payment and no reservation until they are fulfilled, which shows what an aggregate does then.
 *
 * Whatever changes one is outside of `/orders`, which the gateway passes on for clients.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { makeOrder, ORDERS, type Order, type OrderStatus } from '../data/orders.ts';
import { PRODUCTS } from '../data/products/index.ts';
import { USERS } from '../data/users.ts';
import { invoiceOf } from '../data/invoice.ts';
import { find, read, ShopError } from '../errors.ts';
import { once, onceIfKeyed } from '../once.ts';

const FIRST_NEW_ID = 1_000;
const KEPT = 1_000;

const ListQuery = z.strictObject({
  /** Absent: of all customers. One that does not exist has none. */
  customerId: z.string().optional(),
  /** Absent: all. */
  limit: z.coerce.number().int().min(1).max(100).optional(),
  /** The last order of the page before. */
  after: z.string().optional(),
});

const NewOrder = z.strictObject({
  customerId: z.string().refine((id) => USERS.has(id), 'no such user'),
  lines: z
    .array(
      z.strictObject({
        productId: z.string().refine((id) => PRODUCTS.has(id), 'no such product'),
        quantity: z.int().min(1).max(99),
      }),
    )
    .min(1)
    .max(50),
});

export function orders(options?: ServiceOptions): FastifyInstance {
  const app = createService('orders', options);
  const now = options?.now ?? Date.now;
  const stored = new Map(ORDERS);
  const [keyed, ifKeyed] = [once(), onceIfKeyed()];
  let nextId = FIRST_NEW_ID;

  /** Only a placed order can still be changed. */
  const change = (id: string, status: OrderStatus): Order => {
    const order = find(stored, 'order', id);
    if (order.status !== 'placed') {
      throw new ShopError('conflict', `order "${id}" is ${order.status}`);
    }
    const changed = { ...order, status };
    stored.set(id, changed);
    return changed;
  };

  app.get('/orders', ({ query }) => {
    const { customerId, limit, after } = read(ListQuery, 'query', query);
    const all = newestFirst(stored, customerId);
    const first = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && first === 0)
      throw new ShopError('bad_request', 'query.after: no such order here');
    return { items: all.slice(first, limit && first + limit) };
  });
  app.get<{ Params: { id: string }; Querystring: { customerId?: unknown } }>(
    '/orders/:id',
    ({ params: { id }, query: { customerId } }) => {
      const order = find(stored, 'order', id);
      if (customerId === undefined || customerId === order.customerId) return order;
      throw new ShopError('not_found', `no order "${id}" of this customer`);
    },
  );
  app.get<{ Params: { id: string } }>('/orders/:id/invoice', ({ params }, reply) => {
    const order = find(stored, 'order', params.id);
    return reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="invoice-${order.id}.txt"`)
      .send(invoiceOf(order));
  });
  app.post('/orders', (request, reply) =>
    ifKeyed(request, reply, () => {
      const wanted = read(NewOrder, 'body', request.body);
      const id = String(nextId);
      const placedAt = new Date(now()).toISOString();
      const order = makeOrder(wanted, { id, status: 'placed', placedAt });
      stored.set(id, order);
      if (nextId - KEPT >= FIRST_NEW_ID) stored.delete(String(nextId - KEPT));
      nextId += 1;
      return { status: 201, location: `/orders/${id}`, body: order };
    }),
  );
  app.post<{ Params: { id: string } }>('/confirmations/:id', (request, reply) =>
    keyed(request, reply, () => ({ status: 200, body: change(request.params.id, 'packed') })),
  );
  app.post<{ Params: { id: string } }>('/cancellations/:id', (request, reply) =>
    keyed(request, reply, () => ({ status: 200, body: change(request.params.id, 'cancelled') })),
  );
  return app;
}

function newestFirst(stored: ReadonlyMap<string, Order>, customerId?: string): Order[] {
  return [...stored.values()]
    .filter((order) => customerId === undefined || order.customerId === customerId)
    .toSorted((a, b) => b.placedAt.localeCompare(a.placedAt));
}
