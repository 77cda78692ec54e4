/** The web app's pages: rich, from several services at once. Pure; tested without a server. */
import { z } from 'portico';

const Money = z.object({ amount: z.int(), currency: z.string() });

// --- what the services answer, as far as pages need it -----------------------------------------

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
export const Stock = z.object({
  available: z.int(),
  warehouse: z.string(),
  leadTimeDays: z.int(),
});
export const Suggestions = z.object({
  items: z.array(
    z.object({ id: z.string(), name: z.string(), price: z.int(), currency: z.string() }),
  ),
});
const Address = z.object({
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
});
export const Orders = z.object({ items: z.array(Order) });
export const Payment = z.object({
  status: z.string(),
  method: z.string(),
  card: z.object({ brand: z.string(), last4: z.string() }),
});
export const Reservation = z.object({ status: z.string(), warehouse: z.string() });

type Product = z.output<typeof Product>;
type Stock = z.output<typeof Stock>;
type Suggestions = z.output<typeof Suggestions>;
type User = z.output<typeof User>;
type Order = z.output<typeof Order>;
type Payment = z.output<typeof Payment>;
type Reservation = z.output<typeof Reservation>;

// --- what the browser gets ----------------------------------------------------------------------

const Teaser = z.object({ id: z.string(), name: z.string(), price: Money });

export const ProductParams = z.object({ id: z.string().regex(/^p\d{1,6}$/) });
export const ProductPage = z.object({
  product: z.object({
    id: z.string(),
    name: z.string(),
    category: z.string(),
    description: z.string(),
    price: Money,
    rating: z.number(),
    reviews: z.int(),
    images: z.array(z.string()),
    attributes: z.record(z.string(), z.string()),
  }),
  availability: z.string(),
  similar: z.array(Teaser),
});

const OrderCard = z.object({
  id: z.string(),
  status: z.string(),
  placedAt: z.string(),
  total: Money,
  lines: z.array(z.object({ name: z.string(), quantity: z.int(), price: Money })),
});
export const AccountPage = z.object({
  user: z.object({
    name: z.string(),
    email: z.string(),
    tier: z.string(),
    since: z.string(),
    address: Address,
  }),
  orders: z.array(OrderCard),
  /** The newest order in full; absent if there is none. */
  latest: z
    .object({
      id: z.string(),
      payment: z.object({ status: z.string(), method: z.string(), card: z.string() }).nullable(),
      delivery: z.object({ status: z.string(), warehouse: z.string() }).nullable(),
    })
    .nullable(),
  recommendations: z.array(Teaser),
});

export function toProductPage(
  product: Product,
  stock: Stock | null,
  similar: Suggestions,
): z.input<typeof ProductPage> {
  const { price, currency, ...shown } = product;
  return {
    product: { ...shown, price: { amount: price, currency } },
    availability: availabilityOf(stock),
    similar: similar.items.map(toTeaser),
  };
}

export function toAccountPage(
  user: User,
  orders: readonly Order[],
  latest: { readonly payment: Payment | null; readonly reservation: Reservation | null },
  recommendations: Suggestions,
): z.input<typeof AccountPage> {
  const [newest] = orders;
  const { payment, reservation } = latest;
  return {
    user,
    orders: orders.map(toCard),
    latest:
      newest === undefined
        ? null
        : {
            id: newest.id,
            payment: payment && { ...payment, card: `${payment.card.brand} ${payment.card.last4}` },
            delivery: reservation,
          },
    recommendations: recommendations.items.map(toTeaser),
  };
}

function availabilityOf(stock: Stock | null): string {
  if (stock === null) return 'unknown';
  if (stock.available > 0) return 'in stock';
  return `in ${stock.leadTimeDays} days`;
}

function toTeaser({ id, name, price, currency }: Suggestions['items'][number]) {
  return { id, name, price: { amount: price, currency } };
}

function toCard({ id, status, placedAt, total, currency, lines }: Order) {
  return {
    id,
    status,
    placedAt,
    total: { amount: total, currency },
    lines: lines.map(({ name, quantity, price }) => ({
      name,
      quantity,
      price: { amount: price, currency },
    })),
  };
}
