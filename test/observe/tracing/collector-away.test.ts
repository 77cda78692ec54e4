/** A collector that is away, refuses, or speaks another protocol. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { nobody, startUpstream } from '../../helpers/upstream.ts';
import { startCollector, startGrpcCollector } from './collector.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
}

async function tracedTo(tracing: object, environment: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const gateway = await startGateway({
    log: pino({ base: null }, { write: (line: string) => void lines.push(line) }),
    environment: { OTEL_BSP_SCHEDULE_DELAY: '1', ...environment },
    config: {
      admin: { port: 0 },
      telemetry: { logs: { access: false }, tracing },
      routes: { own: { match: { path: '/own' }, respond: { body: 'x' } } },
    },
    upstreams: {},
  });
  const ask = async (): Promise<number> => {
    const response = await gateway.fetch('/own');
    await response.text();
    return response.status;
  };
  const metric = async (): Promise<string> => {
    const text = await (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
    return /^portico_spans_total\{.*\} [1-9].*$/m.exec(text)?.[0] ?? '';
  };
  const logged = () =>
    lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg !== 'serving');
  return { ...gateway, ask, metric, logged };
}

test('a collector that refuses costs no request; its loss is counted, and logged once', async () => {
  const collector = await startCollector(400, 400, 200);
  const { ask, metric, logged } = await tracedTo({
    endpoint: collector.url,
    protocol: 'http/json',
    headers: { 'x-key': 'abc' },
  });
  expect(await ask()).toBe(200);
  await expect.poll(metric).toBe('portico_spans_total{result="failed"} 1');
  expect(await ask()).toBe(200);
  await expect.poll(metric).toBe('portico_spans_total{result="failed"} 2');
  expect(logged().map(({ msg }) => msg)).toEqual(['spans could not be sent, and are lost']);
  expect(await ask()).toBe(200);
  await expect.poll(() => logged().at(-1)?.msg).toBe('the collector takes spans again');
  expect(collector.requests[0]).toMatchObject({ path: '/v1/traces', fields: { 'x-key': 'abc' } });
});

test('a collector that is away does not hold up the end', async () => {
  const { ask, close } = await tracedTo({ endpoint: await nobody(), protocol: 'http/json' });
  expect(await ask()).toBe(200);
  await close();
});

test('a collector that never answers does not make a stop an unclean one', async () => {
  const { url } = await startUpstream(() => undefined);
  const { ask, close, logged } = await tracedTo({ endpoint: url, protocol: 'http/json' });
  expect(await ask()).toBe(200);
  await close();
  expect(logged().at(-1)?.msg).toBe('stopped');
});

test.each(['http/protobuf', 'http/json'])('%s is spoken', async (protocol) => {
  const collector = await startCollector();
  const { ask, metric } = await tracedTo({ endpoint: collector.url, protocol });
  await ask();
  await expect.poll(metric).toBe('portico_spans_total{result="sent"} 1');
  const type = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  expect(collector.requests[0]!.fields['content-type']).toBe(type);
});

test('gRPC is spoken', async () => {
  const collector = await startGrpcCollector();
  const { ask, metric, close } = await tracedTo({ endpoint: collector.url, protocol: 'grpc' });
  await ask();
  await expect.poll(metric).toBe('portico_spans_total{result="sent"} 1');
  expect(collector.requests.map(({ path }) => path)).toEqual([
    '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  ]);
  await close();
});

test('the environment switches it off', async () => {
  const collector = await startCollector();
  const { ask, close } = await tracedTo(
    { endpoint: collector.url, protocol: 'http/json' },
    { OTEL_SDK_DISABLED: 'true' },
  );
  await ask();
  await close();
  expect(collector.requests).toEqual([]);
});
