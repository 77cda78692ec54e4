/** The initial orders of the shop, 41 to 52, and how a new order is made. */
import { CURRENCY, PRODUCTS } from './products/index.ts';
import { type Address, USERS } from './users.ts';

export type OrderStatus = 'placed' | 'packed' | 'shipped' | 'delivered' | 'cancelled';

export interface OrderLine {
  readonly productId: string;
  /** As it was when the order was placed. */
  readonly name: string;
  readonly quantity: number;
  /** For one, in minor units. */
  readonly price: number;
}

export interface Order {
  readonly id: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  /** ISO 8601, UTC. */
  readonly placedAt: string;
  readonly currency: string;
  /** The sum of the lines, in minor units; shipping is free. */
  readonly total: number;
  readonly lines: readonly OrderLine[];
  readonly shippingAddress: Address;
}

export interface WantedLine {
  readonly productId: string;
  readonly quantity: number;
}

export interface OrderRequest {
  readonly customerId: string;
  readonly lines: readonly WantedLine[];
}

type Row = readonly [
  id: string,
  customerId: string,
  status: OrderStatus,
  placedAt: string,
  ...wanted: (readonly [productId: string, quantity: number])[],
];

const ROWS: readonly Row[] = [
  ['41', 'u3', 'delivered', '2026-09-28T08:14:03.000Z', ['p7', 1], ['p10', 1]],
  ['42', 'u1', 'shipped', '2026-11-16T19:42:11.000Z', ['p1', 1], ['p9', 1], ['p23', 3]],
  ['43', 'u6', 'delivered', '2026-10-02T11:05:47.000Z', ['p13', 1], ['p16', 2]],
  ['44', 'u2', 'cancelled', '2026-10-05T16:31:20.000Z', ['p2', 2]],
  ['45', 'u1', 'delivered', '2026-10-09T07:58:36.000Z', ['p8', 1]],
  ['46', 'u4', 'delivered', '2026-10-17T20:12:09.000Z', ['p21', 1], ['p23', 2]],
  ['47', 'u5', 'delivered', '2026-10-24T13:27:55.000Z', ['p5', 1], ['p3', 1]],
  ['48', 'u7', 'shipped', '2026-11-13T09:03:18.000Z', ['p17', 1], ['p18', 1], ['p15', 2]],
  ['49', 'u6', 'shipped', '2026-11-15T17:49:40.000Z', ['p19', 1]],
  ['50', 'u8', 'packed', '2026-11-18T10:36:02.000Z', ['p4', 1], ['p24', 1]],
  ['51', 'u1', 'placed', '2026-11-19T21:08:29.000Z', ['p20', 1], ['p22', 1]],
  ['52', 'u3', 'placed', '2026-11-20T06:55:14.000Z', ['p11', 2], ['p12', 1]],
];

export const ORDERS: ReadonlyMap<string, Order> = new Map(
  ROWS.map(([id, customerId, status, placedAt, ...wanted]) => {
    const lines = wanted.map(([productId, quantity]) => ({ productId, quantity }));
    return [id, makeOrder({ customerId, lines }, { id, status, placedAt })];
  }),
);

/**
 * The order for a request, with today's names and prices, sent to the customer's address.
 *
 * @throws {RangeError} when the shop has no such customer or product
 */
export function makeOrder(
  { customerId, lines: wanted }: OrderRequest,
  given: Pick<Order, 'id' | 'status' | 'placedAt'>,
): Order {
  const customer = USERS.get(customerId);
  if (customer === undefined) throw new RangeError(`no user "${customerId}"`);
  const lines = wanted.map(makeLine);
  const total = lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0);
  const { id, status, placedAt } = given;
  const shippingAddress = customer.address;
  return { id, customerId, status, placedAt, currency: CURRENCY, total, lines, shippingAddress };
}

function makeLine({ productId, quantity }: WantedLine): OrderLine {
  const product = PRODUCTS.get(productId);
  if (product === undefined) throw new RangeError(`no product "${productId}"`);
  return { productId, name: product.name, quantity, price: product.price };
}
