/** What the services answer, as far as the screens need it. */
import { apis, z } from 'portico';
import type { paths as Catalog } from '../types/catalog.d.ts';
import type { paths as Inventory } from '../types/inventory.d.ts';
import type { paths as OrderPaths } from '../types/orders.d.ts';
import type { paths as Payments } from '../types/payments.d.ts';
import type { paths as Recommendations } from '../types/recommendations.d.ts';
import type { paths as Users } from '../types/users.d.ts';

/** What the compiler knows of the services: their OpenAPI documents. */
export const APIS = apis<{
  users: Users;
  catalog: Catalog;
  orders: OrderPaths;
  payments: Payments;
  inventory: Inventory;
  recommendations: Recommendations;
}>();

export const Order = z.object({
  id: z.string(),
  customerId: z.string(),
  status: z.string(),
  placedAt: z.string(),
  currency: z.string(),
  total: z.int(),
  lines: z.array(z.object({ productId: z.string(), name: z.string(), quantity: z.int() })),
});
export const Orders = z.object({ items: z.array(Order) });
export const User = z.object({ name: z.string() });
export const Payment = z.object({ card: z.object({ last4: z.string() }) });
export const Product = z.object({
  id: z.string(),
  name: z.string(),
  price: z.int(),
  currency: z.string(),
  rating: z.number(),
});
export const Stock = z.object({ available: z.int(), leadTimeDays: z.int() });
export const Suggestions = z.object({
  items: z.array(
    z.object({ id: z.string(), name: z.string(), price: z.int(), currency: z.string() }),
  ),
});

export type Order = z.output<typeof Order>;
export type User = z.output<typeof User>;
export type Payment = z.output<typeof Payment>;
export type Product = z.output<typeof Product>;
export type Stock = z.output<typeof Stock>;
export type Suggestions = z.output<typeof Suggestions>;
