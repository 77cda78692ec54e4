/** The web app's backend: rich pages, from as many services as they need. */
import { defineBff, optional } from 'portico';
import {
  AccountPage,
  Orders,
  Payment,
  Product,
  ProductPage,
  ProductParams,
  Reservation,
  Stock,
  Suggestions,
  toAccountPage,
  toProductPage,
  User,
} from './pages.ts';

export default defineBff(
  { upstreams: ['users', 'catalog', 'orders', 'payments', 'inventory', 'recommendations'] },
  (app) => {
    app.get(
      '/products/:id',
      { schema: { params: ProductParams, response: { 200: ProductPage } } },
      async (request) => {
        const { catalog, inventory, recommendations } = request.upstreams;
        const path = { id: request.params.id };
        const { product, stock, similar } = await request.gather({
          product: catalog.get('/products/{id}', { path, schema: Product }),
          stock: optional(inventory.get('/stock/{id}', { path, schema: Stock.nullable() }), null),
          similar: optional(
            recommendations.get('/similar/{id}', {
              path,
              query: { limit: 4 },
              timeout: '300ms',
              schema: Suggestions,
            }),
            { items: [] },
          ),
        });
        return toProductPage(product, stock, similar);
      },
    );

    app.get('/account', { schema: { response: { 200: AccountPage } } }, async (request) => {
      const { users, orders, payments, inventory, recommendations } = request.upstreams;
      const id = request.consumer?.id ?? '';
      const { user, own, suggested } = await request.gather({
        user: users.get('/users/{id}', { path: { id }, schema: User }),
        own: orders.get('/orders', { query: { customerId: id }, schema: Orders }),
        suggested: optional(
          recommendations.get('/for-user/{id}', { path: { id }, schema: Suggestions }),
          { items: [] },
        ),
      });
      const [newest] = own.items;
      if (newest === undefined) {
        return toAccountPage(user, [], { payment: null, reservation: null }, suggested);
      }
      // Known only now; a second round, side by side again.
      const path = { id: newest.id };
      const latest = await request.gather({
        payment: optional(
          payments.get('/payments/order/{id}', { path, schema: Payment.nullable() }),
          null,
        ),
        reservation: optional(
          inventory.get('/reservations/order/{id}', { path, schema: Reservation.nullable() }),
          null,
        ),
      });
      return toAccountPage(user, own.items, latest, suggested);
    });
  },
);
