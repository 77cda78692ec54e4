/** The stock of each warehouse, and what of it is reserved for the initial orders. */
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

/** An order is sent from the warehouse of its first line. */
function makeReservation({ id, status, placedAt, lines }: Order): Reservation {
  return {
    orderId: id,
    status: RESERVED_AS[status],
    warehouse: STOCK.get(lines[0]?.productId ?? '')?.warehouse ?? WAREHOUSES.audio,
    lines: lines.map(({ productId, quantity }) => ({ productId, quantity })),
    expiresAt: new Date(Date.parse(placedAt) + HELD_DAYS * DAY_MS).toISOString(),
  };
}
