import { expect, test } from 'vitest';
import { testGateway } from '../../src/testing.ts';
import { describePostgres, postgresForTest } from '../helpers/postgres.ts';
import { startCollector } from '../observe/tracing/collector.ts';
import { configOf, type Resource, Shop, who } from './gateways.ts';
import { PATIENCE_MS } from './shared-shop.ts';
import { ORDER, startLedger } from './shop.ts';

describePostgres('an operation that is traced', { timeout: PATIENCE_MS }, () => {
  test('is a trace of its own, linked to its request, with its steps, undos and their attempts', async () => {
    const postgres = await postgresForTest();
    const [ledger, collector] = await Promise.all([startLedger(), startCollector()]);
    const gateway = await testGateway({
      plugins: [who],
      config: {
        ...configOf({ store: { postgres: postgres.url() }, url: ledger.url }),
        telemetry: {
          tracing: { endpoint: collector.url, protocol: 'http/json', sample: '100%' },
        },
      },
    });
    const shop = new Shop(gateway.url);
    await shop.untilOpen();
    ledger.fault = ({ path }) => (path === '/payments' ? 402 : undefined);
    const { id } = (await (await shop.start(ORDER)).json()) as Resource;
    await shop.ended(id);
    await gateway.close();

    const { spans } = collector;
    const root = spans.find(({ name }) => name === 'saga fulfilment')!;
    expect(root).toMatchObject({ parentId: undefined, isError: true });
    expect(root.attributes).toMatchObject({
      'portico.operation': id,
      'portico.operation_status': 'failed',
      'portico.operation_run': 1,
      'error.type': 'STATUS_402',
    });
    const request = spans.find(({ name }) => name === 'POST /fulfilments')!;
    expect(root.links).toEqual([`${request.traceId} ${request.id}`]);
    expect(root.traceId).not.toBe(request.traceId);
    const steps = collector.below(root);
    expect(steps.map(({ name }) => name)).toEqual(['step reserve', 'step charge', 'undo reserve']);
    expect(steps.every((step) => step.start >= root.start && step.end <= root.end)).toBe(true);

    // What upstreams were told is the span of their attempt.
    const attempts = steps.flatMap((step) => collector.below(step));
    expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      201, 402, 204,
    ]);
    expect(ledger.calls.map(({ headers }) => headers['traceparent'])).toEqual(
      attempts.map((attempt) => `00-${root.traceId}-${attempt.id}-01`),
    );
    expect(JSON.stringify(spans)).not.toContain('12345678901234567890');
  });
});
