/** The mobile app's screens: what each one shows, and nothing else. Pure; tested without a server. */
import { z } from 'portico';
import type { Order, Payment, Product, Stock, Suggestions, User } from './services.ts';
import { type Language, money, WORDS } from './words.ts';

const OrderRow = z.object({
  id: z.string(),
  status: z.string(),
  items: z.int(),
  total: z.string(),
});
const Teaser = z.object({ id: z.string(), name: z.string(), price: z.string() });

export const HomeScreen = z.object({
  greeting: z.string(),
  recentOrders: z.array(OrderRow),
  suggestions: z.array(Teaser),
});
export const ProductScreen = z.object({
  id: z.string(),
  name: z.string(),
  price: z.string(),
  rating: z.number(),
  /** Null while the inventory cannot say. */
  stock: z.string().nullable(),
});
export const OrderScreen = z.object({
  id: z.string(),
  status: z.string(),
  total: z.string(),
  lines: z.array(z.object({ name: z.string(), quantity: z.int() })),
  /** Null while payments cannot say. */
  paidWith: z.string().nullable(),
});
export const OrderList = z.object({
  items: z.array(OrderRow),
  /** For `after`; absent on the last page. */
  next: z.string().optional(),
});

export function toHomeScreen(
  user: User,
  orders: readonly Order[],
  { items }: Suggestions,
  language: Language,
): z.input<typeof HomeScreen> {
  return {
    greeting: WORDS[language].hello(user.name.split(' ')[0]!),
    recentOrders: orders.map((order) => toRow(order, language)),
    suggestions: items.map(({ id, name, price, currency }) => ({
      id,
      name,
      price: money(price, currency, language),
    })),
  };
}

export function toProductScreen(
  { id, name, price, currency, rating }: Product,
  stock: Stock | null,
  language: Language,
): z.input<typeof ProductScreen> {
  const { inStock, inDays } = WORDS[language];
  return {
    id,
    name,
    price: money(price, currency, language),
    rating,
    stock: stock && (stock.available > 0 ? inStock : inDays(stock.leadTimeDays)),
  };
}

export function toOrderScreen(
  order: Order,
  payment: Payment | null,
  language: Language,
): z.input<typeof OrderScreen> {
  const { id, status, total } = toRow(order, language);
  return {
    id,
    status,
    total,
    lines: order.lines.map(({ name, quantity }) => ({ name, quantity })),
    paidWith: payment && `•••• ${payment.card.last4}`,
  };
}

/** A page of `size`, made of one row more if there is a next page. */
export function toOrderList(
  orders: readonly Order[],
  size: number,
  language: Language,
): z.input<typeof OrderList> {
  const shown = orders.slice(0, size);
  const last = shown.at(-1);
  return {
    items: shown.map((order) => toRow(order, language)),
    ...(orders.length > size && last !== undefined ? { next: last.id } : {}),
  };
}

function toRow(
  { id, status, total, currency, lines }: Order,
  language: Language,
): z.input<typeof OrderRow> {
  const items = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  const words = WORDS[language].status;
  return {
    id,
    status: words[status] ?? status,
    items,
    total: money(total, currency, language),
  };
}
