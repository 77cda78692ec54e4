/** docs/sagas.md: the example serves, and its answer is the one on the page. */
import { expect, test } from 'vitest';
import { Page } from '../helpers/page.ts';
import { describePostgres, ownPostgres } from '../helpers/postgres.ts';
import { served } from './served.ts';

const PAGE = new Page('docs/sagas.md');
const [example = ''] = PAGE.blocks('yaml');
const [answer = ''] = PAGE.blocks('json');
/** Its hash is on the page. */
const KEY = 'foobar';

interface Resource {
  readonly id: string;
  readonly status: string;
}

describePostgres('the example', () => {
  const postgres = ownPostgres();

  test('starts, answers as the page says, and completes', async () => {
    const { fetch } = await served(example, {
      environment: { DATABASE_URL: postgres.url() },
      upstreams: {
        inventory: () => ({ status: 201, body: { id: 7, warehouse: 'north' } }),
        payments: () => ({ status: 201, body: { id: 9 } }),
        orders: () => ({ status: 204 }),
      },
    });
    const headers = { 'x-api-key': KEY, 'content-type': 'application/json' };
    const start = () =>
      fetch('/api/fulfilments', {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': 'k' },
        body: '{"orderId":"o1","total":12,"items":[]}',
      });
    let response = await start();
    // The store opens a moment after the port.
    while (response.status === 503) response = await start();
    expect(response.status).toBe(202);
    const accepted = (await response.json()) as Resource;
    expect(Object.keys(accepted)).toEqual(Object.keys(JSON.parse(answer) as object));
    const cancelled = await fetch('/api/orders/o1/cancel', {
      method: 'POST',
      headers: { ...headers, prefer: 'wait=10' },
      body: '{}',
    });
    expect(cancelled.status).toBe(200);
    await expect
      .poll(async () => {
        const found = await fetch(`/operations/${accepted.id}`, { headers });
        return ((await found.json()) as Resource).status;
      })
      .toBe('completed');
  });
});
