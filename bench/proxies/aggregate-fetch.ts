/** An aggregate of three as it is usually written: a route of Fastify, and three times the global `fetch`. */
import Fastify from 'fastify';
import { announce, required } from '../serve.ts';

const upstream = required('UPSTREAM');
const app = Fastify();

async function get(path: string): Promise<unknown> {
  const response = await fetch(upstream + path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

app.get<{ Params: { id: string } }>('/api/orders/:id', async ({ params: { id } }) => {
  const [order, payment, inventory] = await Promise.all([
    get(`/orders/${id}`),
    get(`/payments/order/${id}`),
    get(`/reservations/order/${id}`),
  ]);
  return { order, payment, inventory };
});

announce(await app.listen({ host: '127.0.0.1', port: 0 }));
