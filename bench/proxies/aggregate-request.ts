/** The same aggregate by somebody who knows undici: a `Pool` for each service, and its `request`. */
import Fastify from 'fastify';
import { Pool } from 'undici';
import { announce, required } from '../serve.ts';
import { UPSTREAM_CONNECTIONS } from './connections.ts';

const poolTo = (origin: string): Pool => new Pool(origin, { connections: UPSTREAM_CONNECTIONS });
const orders = poolTo(required('UPSTREAM'));
const payments = poolTo(required('UPSTREAM'));
const reservations = poolTo(required('UPSTREAM'));
const app = Fastify();

async function get(pool: Pool, path: string): Promise<unknown> {
  const { statusCode, body } = await pool.request({ path, method: 'GET' });
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
  return body.json();
}

app.get<{ Params: { id: string } }>('/api/orders/:id', async ({ params: { id } }) => {
  const [order, payment, inventory] = await Promise.all([
    get(orders, `/orders/${id}`),
    get(payments, `/payments/order/${id}`),
    get(reservations, `/reservations/order/${id}`),
  ]);
  return { order, payment, inventory };
});

announce(await app.listen({ host: '127.0.0.1', port: 0 }));
