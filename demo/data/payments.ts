/** One payment for each initial order, and how a new one is made. */
import { ORDERS } from './orders.ts';

export type PaymentStatus = 'authorized' | 'captured' | 'refunded' | 'voided';

export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly status: PaymentStatus;
  readonly method: 'card' | 'apple_pay' | 'google_pay';
  /** In minor units; the order's total. */
  readonly amount: number;
  readonly currency: string;
  /** ISO 8601, UTC; null where the money was only reserved so far, or never taken. */
  readonly capturedAt: string | null;
  readonly card: { readonly brand: string; readonly last4: string };
}

type Row = readonly [
  orderId: string,
  status: PaymentStatus,
  method: Payment['method'],
  brand: string,
  last4: string,
  capturedAt: string | null,
];

const ROWS: readonly Row[] = [
  ['41', 'captured', 'card', 'mastercard', '4444', '2026-09-28T08:14:09.000Z'],
  ['42', 'captured', 'card', 'visa', '4242', '2026-11-16T19:42:17.000Z'],
  ['43', 'captured', 'apple_pay', 'visa', '1881', '2026-10-02T11:05:52.000Z'],
  ['44', 'voided', 'card', 'visa', '0341', null],
  ['45', 'captured', 'card', 'visa', '4242', '2026-10-09T07:58:41.000Z'],
  ['46', 'refunded', 'google_pay', 'mastercard', '8210', '2026-10-17T20:12:15.000Z'],
  ['47', 'captured', 'card', 'amex', '0005', '2026-10-24T13:28:01.000Z'],
  ['48', 'captured', 'card', 'mastercard', '3222', '2026-11-13T09:03:24.000Z'],
  ['49', 'captured', 'apple_pay', 'visa', '1881', '2026-11-15T17:49:45.000Z'],
  ['50', 'authorized', 'google_pay', 'visa', '7763', null],
  ['51', 'authorized', 'card', 'visa', '4242', null],
  ['52', 'authorized', 'card', 'mastercard', '4444', null],
];

/** By the number of the order. */
export const PAYMENTS: ReadonlyMap<string, Payment> = new Map(
  ROWS.map((row) => [row[0], makePayment(row)]),
);

function makePayment([orderId, status, method, brand, last4, capturedAt]: Row): Payment {
  const order = ORDERS.get(orderId);
  if (order === undefined) throw new RangeError(`no order "${orderId}"`);
  const { total: amount, currency } = order;
  const card = { brand, last4 };
  const id = `pay-${orderId}`;
  return { id, orderId, status, method, amount, currency, capturedAt, card };
}

/** A card that was charged; everybody's is the same one. */
export function chargeOf(
  { orderId, amount, currency }: Pick<Payment, 'orderId' | 'amount' | 'currency'>,
  capturedAt: string,
): Payment {
  const card = { brand: 'visa', last4: '4242' };
  const id = `pay-${orderId}`;
  return { id, orderId, status: 'captured', method: 'card', amount, currency, capturedAt, card };
}
