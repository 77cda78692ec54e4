import { expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { fixture } from './fixtures/folder.ts';

test('a call of a plugin that misses its deadline ends, and not the request it was made for', async () => {
  const { fetch } = await startGateway({
    config: {
      plugins: { asking: { module: fixture('asking') } },
      upstreams: { slow: { deadline: '50ms', retry: false } },
      routes: { all: forwardTo('/', { asking: { upstream: 'slow' } }) },
    },
    upstreams: { slow: () => new Promise(() => {}), up: () => ({ body: 'ok' }) },
  });

  const response = await fetch('/');

  expect([response.status, response.headers.get('x-said'), await response.text()]).toEqual([
    200,
    'no answer within 50 ms',
    'ok',
  ]);
});
