/** A BFF's page over three services, for the benchmarks: an order, its payment, its reservation. */
import { defineBff, optional, z } from 'portico';

const Params = z.strictObject({ id: z.string() });
const Order = z.object({
  id: z.string(),
  status: z.string(),
  total: z.number(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.number(), price: z.number() })),
});
const State = z.object({ status: z.string() });
const Page = z.strictObject({
  id: z.string(),
  total: z.number(),
  skus: z.array(z.string()),
  payment: z.string(),
  reservation: z.string(),
});

export default defineBff({ upstreams: ['orders', 'payments', 'inventory'] }, (app) => {
  app.get(
    '/:id',
    { schema: { params: Params, response: { 200: Page } } },
    async (request): Promise<z.infer<typeof Page>> => {
      const { orders, payments, inventory } = request.upstreams;
      const path = request.params;
      const { order, payment, reservation } = await request.gather({
        order: orders.get('/orders/{id}', { path, schema: Order }),
        payment: optional(payments.get('/payments/order/{id}', { path, schema: State }), null),
        reservation: optional(
          inventory.get('/reservations/order/{id}', { path, schema: State }),
          null,
        ),
      });
      return {
        id: order.id,
        total: order.total,
        skus: order.lines.map(({ sku }) => sku),
        payment: payment?.status ?? 'unknown',
        reservation: reservation?.status ?? 'unknown',
      };
    },
  );
});
