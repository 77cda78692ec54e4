/** The page of five services while some of them are slow or gone, over real sockets. */
import type { FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import web from '../../bff/web/index.ts';
import { catalog } from '../../demo/services/catalog.ts';
import { inventory } from '../../demo/services/inventory.ts';
import { orders } from '../../demo/services/orders.ts';
import { payments } from '../../demo/services/payments.ts';
import { recommendations } from '../../demo/services/recommendations.ts';
import { users } from '../../demo/services/users.ts';
import { testGateway } from '../../src/testing.ts';
import { post, serve } from '../demo/shop.ts';
import { codeOf } from '../gateway/support/gateway.ts';
import { bound, FIGURE_TRIES } from '../helpers/figures.ts';
import { eventually, nobody } from '../helpers/upstream.ts';

const SERVICES = { users, catalog, orders, payments, inventory, recommendations };
type Name = keyof typeof SERVICES;

/** What the page waits for at most, and what comes on top of that. */
const PATIENCE_MS = 300;
const WITHIN_MS = PATIENCE_MS + bound(20, 1_500);

interface Trouble {
  readonly slow?: readonly Name[];
  readonly gone?: readonly Name[];
}

async function shop({ slow = [], gone = [] }: Trouble) {
  const left: string[] = [];
  const upstreams: Record<string, object> = {};
  for (const [name, make] of Object.entries(SERVICES) as [Name, () => FastifyInstance][]) {
    const app = make();
    app.server.on('request', (_request, response) => {
      response.once('close', () => response.writableFinished || left.push(name));
    });
    const url = gone.includes(name) ? await nobody() : await serve(app);
    if (slow.includes(name)) await post(`${url}/_fault`, { delay: 2_000 });
    upstreams[name] = { targets: [url] };
  }
  const gateway = await testGateway({ bff: web, config: { upstreams } });
  onTestFinished(() => gateway.close());
  const ask = async (path: string) => {
    const begun = performance.now();
    const response = await gateway.fetch(path);
    return { response, ms: performance.now() - begun };
  };
  return { ask, left, gateway: gateway.gateway };
}

describe('a page of five services', () => {
  test(
    'is there within the patience of its parts, and names what is slow and what is gone',
    FIGURE_TRIES,
    async () => {
      const { ask, left } = await shop({ slow: ['inventory'], gone: ['recommendations'] });
      // Connections, and the code, are there from the first request on.
      await ask('/products/p2');

      const { response, ms } = await ask('/products/p1');

      expect(response.status).toBe(200);
      const missing = response.headers.get('gateway-degraded')?.split(', ').toSorted();
      expect(missing).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^similar;reason=(?:unreachable|circuit-open)$/),
          'stock;reason=timeout',
        ]),
      );
      expect(ms).toBeLessThan(WITHIN_MS);
      expect(await response.json()).toMatchObject({
        product: { id: 'p1' },
        availability: { state: 'unknown' },
        similar: [],
      });
      await eventually(() => left.includes('inventory'));
    },
  );

  test('fails at once without the one that it needs, and the others are not kept waiting', async () => {
    const { ask, left, gateway } = await shop({
      slow: ['inventory', 'orders', 'recommendations'],
      gone: ['catalog'],
    });

    const { response, ms } = await ask('/products/p1');

    expect([response.status, await codeOf(response)]).toEqual([502, 'GW_UPSTREAM_CONNECT']);
    expect(response.headers.get('gateway-degraded')).toBeNull();
    expect(ms).toBeLessThan(WITHIN_MS);
    await eventually(() => left.length === 3);
    expect(left.toSorted()).toEqual(['inventory', 'orders', 'recommendations']);
    for (const { slots, circuit } of gateway.status().upstreams) {
      expect([slots.used, circuit]).toEqual([0, 'closed']);
    }
  });
});
