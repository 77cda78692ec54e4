import { expect, test } from 'vitest';
import { startCollector } from '../observe/tracing/collector.ts';
import { respond, startReloading } from './reloading.ts';

test('a changed share of traces counts from the next request on, and what the old one holds is sent', async () => {
  const collector = await startCollector();
  const config = (sample: string) => ({
    telemetry: {
      logs: { level: 'silent' },
      tracing: { endpoint: collector.url, protocol: 'http/json', sample },
    },
    routes: { a: respond('/a') },
  });
  const { change, status, gateway } = await startReloading(config('100%'));
  expect(await status('/a')).toBe(200);

  expect((await change(config('0%'))).result).toBe('applied');
  expect(await status('/a')).toBe(200);
  // It would be sent within seconds; the end of its generation sends it at once.
  await expect.poll(() => collector.spans).toHaveLength(1);

  expect((await change(config('100%'))).result).toBe('applied');
  expect(await status('/a')).toBe(200);
  await gateway.close();
  expect(collector.spans).toHaveLength(2);
});

test('a reload that leaves tracing as it is keeps its batches', async () => {
  const collector = await startCollector();
  const config = (path: string) => ({
    telemetry: {
      logs: { level: 'silent' },
      tracing: { endpoint: collector.url, protocol: 'http/json' },
    },
    routes: { a: respond(path) },
  });
  const { change, status, gateway } = await startReloading(config('/a'));
  await status('/a');
  await change(config('/b'));
  await status('/b');
  expect(collector.requests).toHaveLength(0);
  await gateway.close();
  expect(collector.requests).toHaveLength(1);
  expect(collector.spans).toHaveLength(2);
});
