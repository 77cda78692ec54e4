/** The stock in the warehouses, and its reservations. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { type Reservation, reservationOf, RESERVATIONS, STOCK, withMore } from '../data/stock.ts';
import { find, ids, picked, read, ShopError } from '../errors.ts';
import { once } from '../once.ts';
import { put } from '../put.ts';

const ListQuery = z.strictObject({ ids: ids() });

const Wanted = z.strictObject({
  orderId: z.string().min(1).max(64),
  /** Those of an order will do: what else they have is left out. */
  lines: z
    .array(
      z.object({
        productId: z.string().refine((id) => STOCK.has(id), 'no such product'),
        quantity: z.int().min(1).max(99),
      }),
    )
    .min(1)
    .max(50),
});

type Lines = Reservation['lines'];

export function inventory({ now = Date.now, ...options }: ServiceOptions = {}): FastifyInstance {
  const app = createService('inventory', options);
  const stock = new Map(STOCK);
  const byOrder = new Map(RESERVATIONS);
  /** By the key it was made with; an order may have several in the course of time. */
  const made = new Map<string, Reservation>();
  const keyed = once();

  const move = (lines: Lines, sign: 1 | -1): void => {
    for (const { productId, quantity } of lines) {
      const before = find(stock, 'stock of product', productId);
      stock.set(productId, withMore(before, sign * quantity));
    }
  };

  app.get<{ Params: { id: string } }>('/reservations/order/:id', ({ params }) =>
    find(byOrder, 'reservation of order', params.id),
  );
  app.get('/stock', ({ query }) => ({
    items: picked(stock, read(ListQuery, 'query', query).ids),
  }));
  app.get<{ Params: { id: string } }>('/stock/:id', ({ params }) =>
    find(stock, 'stock of product', params.id),
  );
  app.post('/reservations', (request, reply) =>
    keyed(request, reply, (key) => {
      const { orderId, lines } = read(Wanted, 'body', request.body);
      if ((byOrder.get(orderId)?.status ?? 'released') !== 'released') {
        throw new ShopError('conflict', `order "${orderId}" has its reservation`);
      }
      for (const [productId, quantity] of piecesOf(lines)) {
        const { available } = find(stock, 'stock of product', productId);
        if (available >= quantity) continue;
        const message = `${quantity} of product "${productId}" are wanted, ${available} are there`;
        throw new ShopError('conflict', message);
      }
      move(lines, -1);
      const reservation = reservationOf({ orderId, lines, at: now() });
      put(byOrder, orderId, reservation);
      put(made, key, reservation);
      return { status: 201, body: reservation };
    }),
  );
  app.delete<{ Params: { key: string } }>('/reservations/by-key/:key', (request, reply) =>
    keyed(request, reply, () => {
      const { key } = request.params;
      const reservation = find(made, 'reservation with the key', key);
      const { orderId } = reservation;
      if (byOrder.get(orderId) !== reservation) {
        throw new ShopError('gone', `the reservation of order "${orderId}" is released`);
      }
      move(reservation.lines, 1);
      put(byOrder, orderId, { ...reservation, status: 'released' });
      return { status: 204 };
    }),
  );
  return app;
}

/** How many of each product: one may be in several lines. */
function piecesOf(lines: Lines): ReadonlyMap<string, number> {
  const pieces = new Map<string, number>();
  for (const { productId, quantity } of lines) {
    pieces.set(productId, (pieces.get(productId) ?? 0) + quantity);
  }
  return pieces;
}
