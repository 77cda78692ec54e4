/** Places an order for whoever is signed in. */
import { defineBff, partStatus, z } from 'portico';

const Cart = z.strictObject({
  lines: z
    .array(z.strictObject({ productId: z.string(), quantity: z.int().min(1).max(99) }))
    .min(1)
    .max(50),
});
const Order = z.object({ id: z.string(), total: z.int() });
const Refusal = z.object({ reason: z.string() });

export default defineBff({ upstreams: ['orders'] }, (app) => {
  app.post(
    '/orders',
    { schema: { body: Cart, response: { 201: Order, 409: Refusal } } },
    async (request, reply) => {
      const { orders } = request.upstreams;
      const body = { customerId: request.consumer?.id, lines: request.body.lines };
      try {
        const order = await orders.post('/orders', { body, schema: Order });
        reply.code(201);
        return order;
      } catch (error) {
        if (partStatus(error) !== 400) throw error;
        reply.code(409);
        return { reason: 'something in the cart is no longer sold' };
      }
    },
  );
});
