/** `?fields=` on an endpoint of a BFF. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineBff, optional } from '../../src/index.ts';
import { testBff } from '../../src/testing.ts';

const Product = z.strictObject({
  id: z.string(),
  price: z.strictObject({ net: z.number(), gross: z.number() }),
  similar: z.array(z.strictObject({ id: z.string(), name: z.string() })),
});

const bff = defineBff({ upstreams: ['catalog', 'recommendations'] }, (app) => {
  const handler = async (request: Parameters<Parameters<typeof app.get>[2]>[0]) => {
    const { catalog, recommendations } = request.upstreams;
    const { product, similar } = await request.gather({
      product: catalog.get('/products/1', { schema: Product.omit({ similar: true }) }),
      similar: request.asksFor('similar')
        ? optional(recommendations.get('/similar', { schema: Product.shape.similar }), [])
        : () => [],
    });
    return { ...product, similar };
  };
  const schema = { response: { 200: Product } };
  app.get('/chosen', { schema, config: { fields: true } }, handler);
  app.get('/whole', { schema }, handler);
  app.get(
    '/broken',
    { schema: { response: { 200: Product } }, config: { fields: true } },
    (_, reply) => reply.code(500).send({}),
  );
});

async function asked(target: string) {
  await using gateway = await testBff(bff, {
    catalog: { '/products/1': { id: 'p1', price: { net: 1.5, gross: 2 } } },
    recommendations: { '/similar': [{ id: 'p2', name: 'Pen' }] },
  });
  const response = await gateway.fetch(target);
  const called = gateway.seen.map(({ path }) => path);
  return { status: response.status, body: await response.json(), called };
}

describe('fields that a client names', () => {
  test.each([
    ['id', { id: 'p1' }, ['/products/1']],
    ['price(net),id', { id: 'p1', price: { net: 1.5 } }, ['/products/1']],
    ['similar.name', { similar: [{ name: 'Pen' }] }, ['/products/1', '/similar']],
    ['nothing', {}, ['/products/1']],
  ])('%s', async (fields, body, called) => {
    expect(await asked(`/chosen?fields=${fields}`)).toEqual({ status: 200, body, called });
  });

  test('that are no list of fields are refused before a call', async () => {
    expect(await asked('/chosen?fields=price(')).toMatchObject({ status: 400, called: [] });
  });

  test('mean nothing to an endpoint that does not allow them', async () => {
    const { body, called } = await asked('/whole?fields=price(');
    expect(body).toMatchObject({ id: 'p1', similar: [{ id: 'p2' }] });
    expect(called).toEqual(['/products/1', '/similar']);
  });

  test('do not cut down what has failed', async () => {
    expect(await asked('/broken?fields=id')).toMatchObject({ status: 500, body: { status: 500 } });
  });
});
