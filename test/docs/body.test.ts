/** docs/plugins.md: the example of `body`, with the order that the page shows. */
import { expect, test } from 'vitest';
import type { FakeRequest } from '../../src/testing.ts';
import { Page } from '../helpers/page.ts';
import { hmacToken, now } from '../plugins/issuer.ts';
import { served } from './served.ts';

const page = new Page('docs/plugins.md');
const example = page.blocks('yaml').find((text) => /^ {4}body:$/m.test(text))!;
const SECRET = 'a secret of at least thirty-two characters';

test('an order reaches the upstream, and its answer the client, as the page says', async () => {
  const [, sent, reached] =
    /An order of `(.+?)` reaches the upstream as\s+`(.+?)`/.exec(page.text) ?? [];
  const bodies: string[] = [];
  const { fetch } = await served(example, {
    environment: { PARTNER_SECRET: SECRET },
    upstreams: {
      orders: async (call: FakeRequest) => {
        bodies.push(await call.text());
        const customer = { id: 'u7', mail: 'ada@example.com' };
        return { body: { items: [{ sku: 7, cost: 3 }], internal: { a: 1 }, customer } };
      },
    },
  });
  const iss = 'https://login.example.com';
  const token = hmacToken(SECRET, { iss, exp: now() + 60, sub: 'u7' });
  const response = await fetch('/api/orders/1', {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: sent!,
  });
  expect(bodies).toEqual([reached]);
  expect(await response.json()).toEqual({
    items: [{ sku: 7 }],
    customer: { id: 'u7', email: 'ada@example.com' },
    currency: 'EUR',
  });
});
