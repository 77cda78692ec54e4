/** The stock of each warehouse, and what of it is reserved for the initial orders; how pieces are reserved. */
import { ORDERS, type Order, type OrderStatus, type WantedLine } from './orders.ts';
import { PRODUCTS } from './products/index.ts';

export interface Stock {
  readonly productId: string;
  /** Pieces that can be sold at once. */
  readonly available: number;
  readonly warehouse: string;
  /** Days until new pieces arrive, where there are none; 0 where there are. */
  readonly leadTimeDays: number;
}

export interface Reservation {
  readonly orderId: string;
  readonly status: 'reserved' | 'picked' | 'fulfilled' | 'released';
  readonly warehouse: string;
  readonly lines: readonly WantedLine[];
  /** ISO 8601, UTC; the pieces are free again then, unless they were picked. */
  readonly expiresAt: string;
}

const WAREHOUSES = { audio: 'BER-1', kitchen: 'LYS-2', outdoor: 'AMS-1', office: 'BER-2' } as const;
const RESTOCK_DAYS = 9;
const DAY_MS = 86_400_000;
const HELD_DAYS = 14;

/** Pieces of p1, p2, … p24. */
const PIECES = [
  42, 118, 6, 230, 0, 31, 87, 24, 53, 12, 0, 66, 4, 38, 140, 9, 27, 205, 3, 15, 61, 74, 890, 0,
];

const RESERVED_AS = {
  placed: 'reserved',
  packed: 'picked',
  shipped: 'fulfilled',
  delivered: 'fulfilled',
  cancelled: 'released',
} as const satisfies Record<OrderStatus, Reservation['status']>;

export const STOCK: ReadonlyMap<string, Stock> = new Map(
  [...PRODUCTS.values()].map(({ id, category }, i) => {
    const available = PIECES[i] ?? 0;
    const leadTimeDays = available > 0 ? 0 : RESTOCK_DAYS;
    return [id, { productId: id, available, warehouse: WAREHOUSES[category], leadTimeDays }];
  }),
);

/** By the number of the order. */
export const RESERVATIONS: ReadonlyMap<string, Reservation> = new Map(
  [...ORDERS.values()].map((order) => [order.id, makeReservation(order)]),
);

function makeReservation({ id, status, placedAt, lines }: Order): Reservation {
  const wanted = { orderId: id, lines, at: Date.parse(placedAt) };
  return { ...reservationOf(wanted), status: RESERVED_AS[status] };
}

export interface Wanted {
  readonly orderId: string;
  readonly lines: readonly WantedLine[];
  /** When it is reserved, in ms since 1970. */
  readonly at: number;
}

/** An order is sent from the warehouse of its first line. */
export function reservationOf({ orderId, lines, at }: Wanted): Reservation {
  return {
    orderId,
    status: 'reserved',
    warehouse: STOCK.get(lines[0]?.productId ?? '')?.warehouse ?? WAREHOUSES.audio,
    lines: lines.map(({ productId, quantity }) => ({ productId, quantity })),
    expiresAt: new Date(at + HELD_DAYS * DAY_MS).toISOString(),
  };
}

/** The stock with `quantity` pieces more, or fewer if it is negative. */
export function withMore(stock: Stock, quantity: number): Stock {
  const available = stock.available + quantity;
  return { ...stock, available, leadTimeDays: available > 0 ? 0 : RESTOCK_DAYS };
}
