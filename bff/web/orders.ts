/** The orders of a customer: the list, each one in full, its invoice, and a new one. */
import { chooseLanguage, GatewayError, optional, partStatus, ProblemError, z } from 'portico';
import { cardsOf, PATIENCE } from './cards.ts';
import {
  Address,
  type App,
  Order,
  Orders,
  Payment,
  type Request,
  Reservation,
  User,
} from './services.ts';
import { Card, type Language, LANGUAGES, OrderCard, toDate, toOrderCard } from './shown.ts';

const When = z.object({ at: z.string(), text: z.string() });

export const OrderPage = z.object({
  order: OrderCard,
  customer: z.object({ name: z.string(), email: z.string() }).nullable(),
  shipTo: Address,
  payment: z
    .object({ status: z.string(), method: z.string(), card: z.string(), captured: When.nullable() })
    .nullable(),
  delivery: z.object({ status: z.string(), warehouse: z.string(), reservedUntil: When }).nullable(),
  invoice: z.string(),
  /** What of it can be bought again. */
  again: z.array(Card),
});
export const OrderListPage = z.object({
  items: z.array(OrderCard),
  /** The next page; absent on the last one. */
  next: z.string().optional(),
});

const OrderId = z.string().regex(/^\d{1,12}$/);
const Params = z.object({ id: OrderId });
const Listing = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(10),
  after: OrderId.optional(),
});
const Cart = z.strictObject({
  lines: z
    .array(z.strictObject({ productId: z.string(), quantity: z.int().min(1).max(99) }))
    .min(1)
    .max(50),
});

export function addOrders(app: App): void {
  app.get(
    '/orders',
    { schema: { querystring: Listing, response: { 200: OrderListPage } } },
    async (request, reply) => {
      const { limit, after } = request.query;
      const language = chooseLanguage(request, reply, LANGUAGES);
      const query = { customerId: request.consumer?.id, limit: limit + 1, after };
      const list = await request.upstreams.orders.get('/orders', { query, schema: Orders });
      const shown = list.items.slice(0, limit);
      const items = shown.map((order) => toOrderCard(order, language));
      const hasMore = list.items.length > limit;
      return hasMore
        ? { items, next: `/web/orders?limit=${limit}&after=${shown.at(-1)!.id}` }
        : { items };
    },
  );

  app.get(
    '/orders/:id',
    { schema: { params: Params, response: { 200: OrderPage } } },
    async (request, reply) => {
      const { users, payments, inventory } = request.upstreams;
      const language = chooseLanguage(request, reply, LANGUAGES);
      const path = request.params;
      const order = ownOrder(request, path.id);
      const found = await request.gather({
        order: () => order,
        customer: optional(
          users.get('/users/{id}', {
            path: { id: request.consumer?.id ?? '' },
            timeout: PATIENCE,
            schema: User,
          }),
          null,
        ),
        payment: optional(
          payments.get('/payments/order/{id}', { path, timeout: PATIENCE, schema: Payment }),
          null,
        ),
        reservation: optional(
          inventory.get('/reservations/order/{id}', {
            path,
            timeout: PATIENCE,
            schema: Reservation,
          }),
          null,
        ),
        again: optional(async () => {
          const { lines } = await order;
          return cardsOf(
            request,
            lines.map(({ productId }) => productId),
            language,
          );
        }, []),
      });
      return toOrderPage(found, found.again, language);
    },
  );

  app.get(
    '/orders/:id/invoice',
    { schema: { params: Params, response: { 200: z.string() } } },
    async (request, reply) => {
      const { id } = await ownOrder(request, request.params.id);
      const invoice = await request.upstreams.orders.open('/orders/{id}/invoice', {
        path: { id },
        conditional: true,
      });
      return invoice.sendTo(reply);
    },
  );

  const ordering = {
    body: Cart,
    response: { 303: z.null().meta({ description: 'The page of the new order.' }) },
    problems: { 409: 'Something in the cart is no longer sold.' },
  };
  app.post('/orders', { schema: ordering }, async (request, reply) => {
    const { orders } = request.upstreams;
    const body = { customerId: request.consumer?.id ?? '', lines: request.body.lines };
    try {
      const { id } = await orders.post('/orders', { body, schema: Order });
      // A reload of the page that follows must not order again.
      return reply.redirect(`/web/orders/${id}`, 303);
    } catch (error) {
      if (partStatus(error) !== 400) throw error;
      throw new ProblemError({
        status: 409,
        type: 'https://shop.example/problems/not-sold',
        title: 'Something in the cart is no longer sold',
        cause: error,
      });
    }
  });
}

type Asking = Pick<Request, 'upstreams' | 'consumer'>;

/** An order of the customer who asks: another's is as good as none. */
async function ownOrder({ upstreams: { orders }, consumer }: Asking, id: string): Promise<Order> {
  const order = await orders.get('/orders/{id}', { path: { id }, schema: Order });
  if (order.customerId === consumer?.id) return order;
  throw new GatewayError('GW_ROUTE_NOT_FOUND', 'no such order');
}

interface Found {
  readonly order: Order;
  readonly customer: User | null;
  readonly payment: Payment | null;
  readonly reservation: Reservation | null;
}

export function toOrderPage(
  { order, customer, payment, reservation }: Found,
  again: z.input<typeof Card>[],
  language: Language,
): z.input<typeof OrderPage> {
  return {
    order: toOrderCard(order, language),
    customer: customer && { name: customer.name, email: customer.email },
    shipTo: order.shippingAddress,
    payment: payment && {
      status: payment.status,
      method: payment.method,
      card: `${payment.card.brand} •••• ${payment.card.last4}`,
      captured: payment.capturedAt === null ? null : toDate(payment.capturedAt, language),
    },
    delivery: reservation && {
      status: reservation.status,
      warehouse: reservation.warehouse,
      reservedUntil: toDate(reservation.expiresAt, language),
    },
    invoice: `/web/orders/${order.id}/invoice`,
    again,
  };
}
