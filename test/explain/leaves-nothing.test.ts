import perfHooks from 'node:perf_hooks';
import { expect, test, vi } from 'vitest';
import { startGateway } from '../gateway/support/gateway.ts';

test('explaining starts nothing that would go on: no gateway watches the process twice', async () => {
  const { gateway } = await startGateway({
    config: { routes: { all: { match: { path: '/*' }, respond: {} } } },
  });
  const watching = vi.spyOn(perfHooks, 'monitorEventLoopDelay');
  for (let i = 0; i < 5; i++) {
    await gateway.explain({ method: 'GET', url: '/', headers: [], address: '127.0.0.1' });
  }
  expect(watching).not.toHaveBeenCalled();
  watching.mockRestore();
});
