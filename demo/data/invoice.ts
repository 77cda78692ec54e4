/** The invoice of an order, as a page of text. */
import type { Order } from './orders.ts';
import { USERS } from './users.ts';

const WIDTH = 60;

export function invoiceOf({ id, customerId, placedAt, currency, total, lines }: Order): string {
  const money = (minor: number): string => `${(minor / 100).toFixed(2)} ${currency}`;
  const row = (left: string, right: string): string => left + right.padStart(WIDTH - left.length);
  return [
    `Invoice ${id}`,
    placedAt.slice(0, 10),
    USERS.get(customerId)?.name ?? '',
    '',
    ...lines.map(({ name, quantity, price }) =>
      row(`${quantity} × ${name}`, money(quantity * price)),
    ),
    '-'.repeat(WIDTH),
    row('Total', money(total)),
    '',
  ].join('\n');
}
