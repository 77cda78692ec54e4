/** The mobile app's backend: one call per screen, few bytes, and a screen even when suggestions are down. */
import { chooseLanguage, defineBff, GatewayError, optional, z } from 'portico';
import {
  HomeScreen,
  OrderList,
  OrderScreen,
  ProductScreen,
  toHomeScreen,
  toOrderList,
  toOrderScreen,
  toProductScreen,
} from './screens.ts';
import { APIS, Order, Orders, Payment, Product, Stock, Suggestions, User } from './services.ts';
import { LANGUAGES } from './words.ts';

/** A phone on the road waits no longer for what a screen can do without. */
const PATIENCE = '300ms';

const OrderId = z.string().regex(/^\d{1,12}$/);
const ProductParams = z.object({ id: z.string().regex(/^p\d{1,6}$/) });
const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(50).default(10),
  after: OrderId.optional(),
});
/** Nobody needs more pixels on a phone. */
const Image = z.strictObject({
  width: z.coerce.number().int().min(1).max(4_000).default(320).transform(imageWidth),
});

export default defineBff(
  {
    upstreams: ['users', 'catalog', 'orders', 'payments', 'inventory', 'recommendations'],
    apis: APIS,
  },
  (app) => {
    // The app keeps what it got, and asks whether that is still so.
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache');
      done();
    });

    app.get('/home', { schema: { response: { 200: HomeScreen } } }, async (request, reply) => {
      const { users, orders, recommendations } = request.upstreams;
      const language = chooseLanguage(request, reply, LANGUAGES);
      const id = request.consumer?.id ?? '';
      const { user, recent, suggestions } = await request.gather({
        user: users.get('/users/{id}', { path: { id }, schema: User }),
        recent: orders.get('/orders', { query: { customerId: id, limit: 3 }, schema: Orders }),
        suggestions: optional(
          recommendations.get('/for-user/{id}', {
            path: { id },
            query: { limit: 3 },
            timeout: PATIENCE,
            schema: Suggestions,
          }),
          { items: [] },
        ),
      });
      return toHomeScreen(user, recent.items, suggestions, language);
    });

    app.get(
      '/products/:id',
      { schema: { params: ProductParams, response: { 200: ProductScreen } } },
      async (request, reply) => {
        const { catalog, inventory } = request.upstreams;
        const path = request.params;
        const { product, stock } = await request.gather({
          product: catalog.get('/products/{id}', { path, schema: Product }),
          stock: optional(
            inventory.get('/stock/{id}', { path, timeout: PATIENCE, schema: Stock }),
            null,
          ),
        });
        return toProductScreen(product, stock, chooseLanguage(request, reply, LANGUAGES));
      },
    );

    app.get(
      '/products/:id/image',
      { schema: { params: ProductParams, querystring: Image, response: { 200: z.string() } } },
      async (request, reply) => {
        const image = await request.upstreams.catalog.open('/images/{id}/{view}', {
          path: { ...request.params, view: 'front' },
          query: request.query,
        });
        return image.sendTo(reply);
      },
    );

    app.get(
      '/orders',
      { schema: { querystring: Page, response: { 200: OrderList } } },
      async (request, reply) => {
        const { limit, after } = request.query;
        const customerId = request.consumer?.id ?? '';
        // One more than the page, to know whether there is a next one.
        const query = { customerId, limit: limit + 1, after };
        const { items } = await request.upstreams.orders.get('/orders', { query, schema: Orders });
        return toOrderList(items, limit, chooseLanguage(request, reply, LANGUAGES));
      },
    );

    app.get(
      '/orders/:id',
      { schema: { params: z.object({ id: OrderId }), response: { 200: OrderScreen } } },
      async (request, reply) => {
        const { orders, payments } = request.upstreams;
        const path = request.params;
        const { order, payment } = await request.gather({
          order: orders.get('/orders/{id}', { path, schema: Order }),
          payment: optional(
            payments.get('/payments/order/{id}', { path, timeout: PATIENCE, schema: Payment }),
            null,
          ),
        });
        // Whose order it is, only the order says: another's is as good as none.
        if (order.customerId !== request.consumer?.id) {
          throw new GatewayError('GW_ROUTE_NOT_FOUND', 'no such order');
        }
        return toOrderScreen(order, payment, chooseLanguage(request, reply, LANGUAGES));
      },
    );
  },
);

/** The widths that the catalog has for phones; the next larger one. */
function imageWidth(width: number): 160 | 320 | 640 {
  return ([160, 320] as const).find((each) => each >= width) ?? 640;
}
