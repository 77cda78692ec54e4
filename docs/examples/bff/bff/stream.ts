/** A long answer, sent while it is made. */
import { Readable } from 'node:stream';
import { defineBff, type UpstreamClient, z } from 'portico';

const Order = z.object({ id: z.string(), customerId: z.string(), total: z.int() });
const Orders = z.object({ items: z.array(Order) });
const Customer = z.object({ name: z.string() });

type Order = z.output<typeof Order>;

async function* rows(orders: readonly Order[], users: UpstreamClient): AsyncGenerator<string> {
  yield 'order,customer,total\n';
  for (const { id, customerId, total } of orders) {
    const { name } = await users.get('/users/{id}', { path: { id: customerId }, schema: Customer });
    yield `${id},${name},${total}\n`;
  }
}

export default defineBff({ upstreams: ['orders', 'users'] }, (app) => {
  app.get('/orders.csv', { schema: { response: { 200: z.string() } } }, async (request, reply) => {
    const { orders, users } = request.upstreams;
    const { items } = await orders.get('/orders', { schema: Orders });
    return reply.type('text/csv; charset=utf-8').send(Readable.from(rows(items, users)));
  });
});
