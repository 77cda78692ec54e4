/**
 * The shop as it was before there were services: one program behind `/shop`, which the services replace one by one. Its products
 * are those of the catalog, told as the old pages want them.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createService, type ServiceOptions } from '../create-service.ts';
import { PRODUCTS, type Product } from '../data/products/index.ts';
import { STORES } from '../data/stores.ts';
import { find, read } from '../errors.ts';
import { ListQuery, listed } from './catalog.ts';

/** Of a visitor's session; other services know nothing of it. */
const COOKIE = 'sid';

export function monolith(options: ServiceOptions = {}): FastifyInstance {
  const { now = Date.now, random = Math.random } = options;
  const app = createService('monolith', options);
  const told = (product: Product) => asBefore(product, new Date(now()));
  app.addHook('onRequest', async (request, reply) => greet(request, reply, random));
  app.get('/shop/products', ({ query }) => {
    const { items, total } = listed(read(ListQuery, 'query', query));
    return { items: items.map(told), total };
  });
  app.get<{ Params: { id: string } }>('/shop/products/:id', ({ params }) =>
    told(find(PRODUCTS, 'product', params.id)),
  );
  app.get('/shop/stores', () => ({ items: STORES }));
  return app;
}

/** Ratings in halves, as its stars are drawn; pictures in the order of its gallery; the time at which the page was made. */
function asBefore(product: Product, madeAt: Date) {
  return {
    ...product,
    rating: Math.round(product.rating * 2) / 2,
    images: product.images.toReversed(),
    updatedAt: madeAt.toISOString(),
  };
}

/** Gives a new visitor a session. */
function greet({ url, headers }: FastifyRequest, reply: FastifyReply, random: () => number): void {
  const isKnown =
    headers.cookie?.split('; ').some((pair) => pair.startsWith(`${COOKIE}=`)) ?? false;
  if (isKnown || !url.startsWith('/shop/')) return;
  const id = random().toString(36).slice(2, 12);
  reply.header('set-cookie', `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`);
}
