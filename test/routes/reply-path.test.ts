import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';

const module = fileURLToPath(new URL('../plugins/fixtures/payload.ts', import.meta.url));

test.each([
  ['an aggregate, all of which is here, as bytes', '/page', 'bytes', '{"order":{"id":1}}'],
  ['what is passed on as it comes, as a stream', '/order', 'stream', '{"id":1}'],
])('ordinary hooks of Fastify get %s', async (_what, path, kind, body) => {
  const { fetch } = await startGateway({
    config: {
      plugins: { payload: { module } },
      routes: {
        page: { match: { path: '/page' }, aggregate: { order: { upstream: 'orders', path: '/' } } },
        order: { match: { path: '/order' }, upstream: 'orders' },
      },
    },
    upstreams: { orders: () => ({ body: { id: 1 } }) },
  });
  const answer = await fetch(path);
  expect(answer.headers.get('x-payload')).toBe(kind);
  expect(await answer.text()).toBe(body);
});
