/** What a project of strangers may write, with every entry of the package. */
import { defineBff, definePlugin, GatewayError, optional, withHeader, z } from 'portico';
import { createGateway, type Gateway } from 'portico/gateway';
import { manualClock, testGateway, type TestGateway } from 'portico/testing';

const Item = z.strictObject({ id: z.string(), price: z.number().nullable() });

export const bff = defineBff({ upstreams: ['catalog', 'prices'] }, (app) => {
  app.addHook('onRequest', async (request) => {
    if (request.consumer?.claims['blocked'] === true) throw new GatewayError('GW_GONE', 'blocked');
  });
  app.get(
    '/items/:id',
    {
      schema: { params: z.strictObject({ id: z.string() }), response: { 200: Item, '4xx': Item } },
      config: { portico: { rateLimit: { max: 1, window: '1s', by: 'address' } } },
    },
    async (request, reply) => {
      const { catalog, prices } = request.upstreams;
      const path = { id: request.params.id };
      const { item, price } = await request.gather({
        item: catalog.get('/items/{id}', { path, schema: z.object({ id: z.string() }) }),
        price: optional(prices.get<{ amount: number }>('/prices/{id}', { path }), null),
      });
      void reply.header('x-items', '1');
      return { id: item.id, price: price?.amount ?? null };
    },
  );
});

export const plugin = definePlugin({
  name: 'tenant',
  settings: z.strictObject({ header: z.string().default('x-tenant') }),
  options: z.strictObject({ required: z.boolean().default(false) }),
  owns: ({ header }) => [header],
  async register({ header }, host) {
    const counter = host.metrics.counter('tenants', 'Requests by tenant.', ['kind']);
    return {
      route: ({ required }, { route }) => [
        {
          phase: 'authorize',
          onRequest(request) {
            counter.inc({ kind: route });
            if (required && request.consumer === undefined) {
              throw new GatewayError('GW_SCOPE_INSUFFICIENT', 'no tenant');
            }
          },
          policy: () => (next) => (call) => next(withHeader(call, header, call.consumer?.id ?? '')),
        },
        {
          onResponse(request, head) {
            head.headers['x-route'] = request.gateway.route;
          },
        },
      ],
      close: () => host.log.info('closed'),
    };
  },
});

export async function tested(): Promise<number> {
  const clock = manualClock();
  await using gateway: TestGateway = await testGateway({
    bff,
    plugins: [plugin],
    route: { tenant: { required: true } },
    upstreams: {
      catalog: async (request) => ({ body: await request.json() }),
      prices: () => ({ status: 503 }),
    },
    clock,
  });
  clock.advance(10);
  return (await gateway.fetch('/items/1')).status + gateway.seen.length;
}

export const started = (): Promise<Gateway> =>
  createGateway({ file: 'gateway.config.yaml', environment: process.env });
