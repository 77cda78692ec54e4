/**
 * Routes without settings of their own share one call to an upstream; the settings of other routes never
 * affect it.
 */
import { expect, test } from 'vitest';
import { forwardTo, startGateway } from './support/gateway.ts';

test('a route’s settings for an upstream apply to that route only, whichever is built first', async () => {
  const attempts: string[] = [];
  const seen = new Set<string>();
  const { fetch } = await startGateway({
    config: {
      upstreams: {
        up: { retry: { attempts: 2, on: [503], backoff: '1ms', budget: '100%' }, breaker: false },
      },
      routes: {
        own: forwardTo('/own', { retry: false }),
        plain: forwardTo('/plain'),
        later: forwardTo('/later', { retry: false }),
        alike: forwardTo('/alike'),
      },
    },
    // Each path fails once.
    upstreams: {
      up: ({ path }) => {
        attempts.push(path);
        const status = seen.has(path) ? 200 : 503;
        seen.add(path);
        return { status };
      },
    },
  });
  const statuses: number[] = [];
  for (const path of ['/own', '/plain', '/later', '/alike']) {
    statuses.push((await fetch(path)).status);
  }
  expect(statuses).toEqual([503, 200, 503, 200]);
  expect(attempts).toEqual(['/own', '/plain', '/plain', '/later', '/alike', '/alike']);
});
