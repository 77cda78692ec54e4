import { expect, test } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';

test('an answer without all of its parts must not be cached, whatever the route allows', async () => {
  const part = (upstream: string) => ({ upstream, path: '/' });
  const { fetch } = await startGateway({
    config: {
      routes: {
        page: {
          match: { path: '/page' },
          headers: { response: { set: { 'cache-control': 'public, max-age=60' } } },
          aggregate: { here: part('here'), gone: part('gone') },
        },
      },
    },
    upstreams: { here: () => ({ body: 1 }), gone: () => ({ status: 500 }) },
  });
  const { headers } = await fetch('/page');
  expect(headers.get('gateway-degraded')).toBe('gone;reason=status-500');
  expect(headers.get('cache-control')).toBe('no-store');
});
