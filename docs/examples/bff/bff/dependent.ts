/** Calls that need the answer of another one. */
import { defineBff, optional, z } from 'portico';

const Params = z.object({ id: z.string().regex(/^\d{1,12}$/) });
const Order = z.object({ id: z.string(), customerId: z.string(), total: z.int() });
const Customer = z.object({ name: z.string() });
const Payment = z.object({ status: z.string() });
const Screen = z.object({
  id: z.string(),
  total: z.int(),
  customer: z.string(),
  payment: z.string(),
});

export default defineBff({ upstreams: ['orders', 'users', 'payments'] }, (app) => {
  app.get(
    '/orders/:id',
    { schema: { params: Params, response: { 200: Screen } } },
    async (request) => {
      const { orders, users, payments } = request.upstreams;
      const path = request.params;
      const order = orders.get('/orders/{id}', { path, schema: Order });
      const found = await request.gather({
        order,
        customer: async () => {
          const { customerId } = await order;
          return users.get('/users/{id}', { path: { id: customerId }, schema: Customer });
        },
        payment: optional(payments.get('/payments/order/{id}', { path, schema: Payment }), {
          status: 'unknown',
        }),
      });
      const { id, total } = found.order;
      return { id, total, customer: found.customer.name, payment: found.payment.status };
    },
  );
});
