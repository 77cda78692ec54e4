import { expect, test } from 'vitest';
import { testGateway } from 'portico/testing';
import minVersion from '../../docs/examples/min-version.ts';

test('an app older than minVersion is 410, and the upstream is not called', async () => {
  await using gateway = await testGateway({
    plugins: [minVersion],
    route: { minVersion: 12 },
    upstreams: { shop: () => ({ body: 'served' }) },
  });

  const old = await gateway.fetch('/', { headers: { 'x-app-version': '11' } });
  expect([old.status, gateway.seen]).toEqual([410, []]);

  const recent = await gateway.fetch('/', { headers: { 'x-app-version': '12' } });
  expect([recent.status, await recent.text()]).toEqual([200, 'served']);
});
