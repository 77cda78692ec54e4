/** The carrier's shipments: booked, or cancelled before they leave. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import type { Address } from '../data/users.ts';
import { find, read, ShopError } from '../errors.ts';
import { once } from '../once.ts';
import { put } from '../put.ts';

/** What one parcel holds. */
const MOST_PIECES = 20;

export interface Shipment {
  readonly id: string;
  readonly orderId: string;
  readonly status: 'booked' | 'cancelled';
  /** The warehouse. */
  readonly from: string;
  readonly to: Address;
  readonly pieces: number;
  /** ISO 8601, UTC. */
  readonly bookedAt: string;
}

const Wanted = z.strictObject({
  orderId: z.string().min(1).max(64),
  from: z.string().min(1).max(64),
  to: z.strictObject({
    street: z.string(),
    city: z.string(),
    postcode: z.string(),
    country: z.string().regex(/^[A-Z]{2}$/, 'must be a country such as DE'),
  }),
  /** Those of an order will do: only their quantities count. */
  lines: z
    .array(z.object({ quantity: z.int().min(1).max(99) }))
    .min(1)
    .max(50),
});

export function shipping({ now = Date.now, ...options }: ServiceOptions = {}): FastifyInstance {
  const app = createService('shipping', options);
  const byOrder = new Map<string, Shipment>();
  /** By the key it was booked with. */
  const booked = new Map<string, Shipment>();
  const keyed = once();
  const keep = (key: string, shipment: Shipment): void => {
    put(byOrder, shipment.orderId, shipment);
    put(booked, key, shipment);
  };
  app.get<{ Params: { id: string } }>('/shipments/order/:id', ({ params }) =>
    find(byOrder, 'shipment of order', params.id),
  );
  app.post('/shipments', (request, reply) =>
    keyed(request, reply, (key) => {
      const { orderId, from, to, lines } = read(Wanted, 'body', request.body);
      if (byOrder.get(orderId)?.status === 'booked') {
        throw new ShopError('conflict', `order "${orderId}" has its shipment`);
      }
      const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0);
      if (pieces > MOST_PIECES) {
        throw new ShopError('refused', `${pieces} pieces: a parcel holds ${MOST_PIECES}`);
      }
      const bookedAt = new Date(now()).toISOString();
      const id = `ship-${orderId}`;
      const shipment = { id, orderId, status: 'booked', from, to, pieces, bookedAt } as const;
      keep(key, shipment);
      return { status: 201, body: shipment };
    }),
  );
  app.delete<{ Params: { key: string } }>('/shipments/by-key/:key', (request, reply) =>
    keyed(request, reply, () => {
      const { key } = request.params;
      const shipment = find(booked, 'shipment with the key', key);
      if (shipment.status === 'cancelled') {
        throw new ShopError('gone', `the shipment of order "${shipment.orderId}" is cancelled`);
      }
      keep(key, { ...shipment, status: 'cancelled' });
      return { status: 204 };
    }),
  );
  return app;
}
