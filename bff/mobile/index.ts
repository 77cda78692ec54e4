/** The mobile app's backend: one call per screen, few bytes, and a screen even when suggestions are down. */
import { defineBff, GatewayError, optional } from 'portico';
import {
  HomeScreen,
  Order,
  OrderParams,
  Orders,
  OrderScreen,
  Payment,
  Suggestions,
  toHomeScreen,
  toOrderScreen,
  User,
} from './screens.ts';

export default defineBff(
  { upstreams: ['users', 'orders', 'payments', 'recommendations'] },
  (app) => {
    app.get('/home', { schema: { response: { 200: HomeScreen } } }, async (request) => {
      const { users, orders, recommendations } = request.upstreams;
      const id = request.consumer?.id ?? '';
      const { user, recent, suggestions } = await request.gather({
        user: users.get('/users/{id}', { path: { id }, schema: User }),
        recent: orders.get('/orders', { query: { customerId: id }, schema: Orders }),
        suggestions: optional(
          recommendations.get('/for-user/{id}', {
            path: { id },
            query: { limit: 3 },
            timeout: '300ms',
            schema: Suggestions,
          }),
          { items: [] },
        ),
      });
      return toHomeScreen(user, recent.items, suggestions.items);
    });

    app.get(
      '/orders/:id',
      { schema: { params: OrderParams, response: { 200: OrderScreen } } },
      async (request) => {
        const { orders, payments } = request.upstreams;
        const path = { id: request.params.id };
        const { order, payment } = await request.gather({
          order: orders.get('/orders/{id}', { path, schema: Order }),
          payment: optional(
            payments.get('/payments/order/{id}', {
              path,
              timeout: '300ms',
              schema: Payment.nullable(),
            }),
            null,
          ),
        });
        // Whose order it is, only the order says: another's is as good as none.
        if (order.customerId !== request.consumer?.id) {
          throw new GatewayError('GW_ROUTE_NOT_FOUND', 'no such order');
        }
        return toOrderScreen(order, payment);
      },
    );
  },
);
