/** What the services answer, as far as the pages need it. */
import { apis, type BffApp, type BffRequest, z } from 'portico';
import type { paths as Catalog } from '../types/catalog.d.ts';
import type { paths as Inventory } from '../types/inventory.d.ts';
import type { paths as OrderPaths } from '../types/orders.d.ts';
import type { paths as Payments } from '../types/payments.d.ts';
import type { paths as Recommendations } from '../types/recommendations.d.ts';
import type { paths as Users } from '../types/users.d.ts';

export const UPSTREAMS = [
  'users',
  'catalog',
  'orders',
  'payments',
  'inventory',
  'recommendations',
] as const;

/** What the compiler knows of them: their OpenAPI documents. */
interface Documented {
  readonly users: Users;
  readonly catalog: Catalog;
  readonly orders: OrderPaths;
  readonly payments: Payments;
  readonly inventory: Inventory;
  readonly recommendations: Recommendations;
}
export const APIS = apis<Documented>();

export type App = BffApp<(typeof UPSTREAMS)[number], Documented>;
export type Request = BffRequest<(typeof UPSTREAMS)[number], { response: {} }, Documented>;

export const Product = z.object({
  id: z.string(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
  price: z.int(),
  currency: z.string(),
  rating: z.number(),
  reviews: z.int(),
  images: z.array(z.string()),
  attributes: z.record(z.string(), z.string()),
});
export const Products = z.object({ items: z.array(Product) });
export const Stock = z.object({
  productId: z.string(),
  available: z.int(),
  warehouse: z.string(),
  leadTimeDays: z.int(),
});
export const Suggestions = z.object({ items: z.array(z.object({ id: z.string() })) });
export const Address = z.object({
  street: z.string(),
  city: z.string(),
  postcode: z.string(),
  country: z.string(),
});
export const User = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  tier: z.string(),
  since: z.string(),
  address: Address,
});
export const Order = z.object({
  id: z.string(),
  customerId: z.string(),
  status: z.string(),
  placedAt: z.string(),
  currency: z.string(),
  total: z.int(),
  lines: z.array(
    z.object({ productId: z.string(), name: z.string(), quantity: z.int(), price: z.int() }),
  ),
  shippingAddress: Address,
});
export const Orders = z.object({ items: z.array(Order) });
export const Payment = z.object({
  status: z.string(),
  method: z.string(),
  capturedAt: z.string().nullable(),
  card: z.object({ brand: z.string(), last4: z.string() }),
});
export const Reservation = z.object({
  status: z.string(),
  warehouse: z.string(),
  expiresAt: z.string(),
});

export type Product = z.output<typeof Product>;
export type Stock = z.output<typeof Stock>;
export type Suggestions = z.output<typeof Suggestions>;
export type User = z.output<typeof User>;
export type Order = z.output<typeof Order>;
export type Payment = z.output<typeof Payment>;
export type Reservation = z.output<typeof Reservation>;
