/** The mobile app's screens: what each one shows, and nothing else. Pure; tested without a server. */
import { z } from 'portico';

const Money = z.object({ amount: z.int(), currency: z.string() });

// --- what the services answer, as far as screens need it ---------------------------------------

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
export const User = z.object({ id: z.string(), name: z.string(), tier: z.string() });
export const Payment = z.object({ status: z.string(), card: z.object({ last4: z.string() }) });
export const Suggestion = z.object({
  id: z.string(),
  name: z.string(),
  price: z.int(),
  currency: z.string(),
});
export const Suggestions = z.object({ items: z.array(Suggestion) });

type Order = z.output<typeof Order>;
type User = z.output<typeof User>;
type Payment = z.output<typeof Payment>;
type Suggestion = z.output<typeof Suggestion>;

// --- what the app gets --------------------------------------------------------------------------

const OrderRow = z.object({
  id: z.string(),
  status: z.string(),
  items: z.int(),
  total: Money,
});
export const HomeScreen = z.object({
  greeting: z.string(),
  recentOrders: z.array(OrderRow),
  suggestions: z.array(z.object({ id: z.string(), name: z.string(), price: Money })),
});
export const OrderScreen = z.object({
  id: z.string(),
  status: z.string(),
  total: Money,
  lines: z.array(z.object({ name: z.string(), quantity: z.int() })),
  /** Absent while payments cannot say. */
  paidWith: z.string().nullable(),
});
export const OrderParams = z.object({ id: z.string().regex(/^\d{1,12}$/) });

/** Orders that fit on the first screen. */
const RECENT = 3;

export function toHomeScreen(
  user: User,
  orders: readonly Order[],
  suggestions: readonly Suggestion[],
): z.input<typeof HomeScreen> {
  return {
    greeting: `Hello, ${user.name.split(' ')[0]}`,
    recentOrders: orders.slice(0, RECENT).map(toRow),
    suggestions: suggestions.map(({ id, name, price, currency }) => ({
      id,
      name,
      price: { amount: price, currency },
    })),
  };
}

export function toOrderScreen(order: Order, payment: Payment | null): z.input<typeof OrderScreen> {
  const { id, status, total, currency, lines } = order;
  return {
    id,
    status,
    total: { amount: total, currency },
    lines: lines.map(({ name, quantity }) => ({ name, quantity })),
    paidWith: payment === null ? null : `•••• ${payment.card.last4}`,
  };
}

function toRow({ id, status, total, currency, lines }: Order): z.input<typeof OrderRow> {
  const items = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return { id, status, items, total: { amount: total, currency } };
}
