import { expect, onTestFinished, test } from 'vitest';
import { testGateway } from 'portico/testing';

test('an app older than minVersion is 410, and the upstream is not called', async () => {
  let calls = 0;
  const { fetch, close } = await testGateway({
    config: {
      plugins: { minVersion: { module: `${process.cwd()}/docs/examples/min-version.ts` } },
      routes: { app: { match: { path: '/*' }, upstream: 'shop', minVersion: 12 } },
    },
    upstreams: { shop: () => ({ body: `call ${(calls += 1)}` }) },
  });
  onTestFinished(close);

  const old = await fetch('/', { headers: { 'x-app-version': '11' } });
  expect([old.status, calls]).toEqual([410, 0]);

  const recent = await fetch('/', { headers: { 'x-app-version': '12' } });
  expect([recent.status, await recent.text()]).toEqual([200, 'call 1']);
});
