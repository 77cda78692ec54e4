/** A gateway that is traced: forwarding, with a fallback, an aggregate and a BFF. */
import type { TestGatewayOptions } from '../../../src/testing.ts';
import { startGateway } from '../../gateway/support/gateway.ts';
import { startUpstream } from '../../helpers/upstream.ts';
import { startCollector, startGrpcCollector } from './collector.ts';

export const PROTOCOLS = ['http/json', 'http/protobuf', 'grpc'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const BFF = new URL('fixtures/page.ts', import.meta.url).pathname;

/** A gateway that is traced, and one upstream that keeps the fields it gets. */
export async function traced(
  tracing: { readonly protocol?: Protocol } & Readonly<Record<string, unknown>> = {},
  more: Partial<TestGatewayOptions['config']> = {},
) {
  const { protocol = 'http/json' } = tracing;
  const collector = await (protocol === 'grpc' ? startGrpcCollector() : startCollector());
  const told: Readonly<Record<string, string | undefined>>[] = [];
  let failures = 0;
  const { url } = await startUpstream((request, response) => {
    const fields = request.headers as Readonly<Record<string, string | undefined>>;
    const { traceparent: parent, tracestate, baggage } = fields;
    told.push({ path: request.url, parent, tracestate, baggage });
    const fails = request.url === '/down' || (request.url === '/once' && failures++ === 0);
    response.writeHead(fails ? 503 : 200, { 'content-type': 'application/json' }).end('{"a":1}');
  });
  const gateway = await startGateway({
    config: {
      telemetry: {
        tracing: { endpoint: collector.url, ...tracing, protocol },
      },
      upstreams: { real: { targets: [url], retry: { attempts: 2, backoff: '1ms' } } },
      routes: {
        one: { match: { path: '/one/*' }, upstream: 'real', rewrite: '/*' },
        back: {
          match: { path: '/back' },
          upstream: 'real',
          rewrite: '/down',
          fallback: { respond: { status: 200, body: 'later' }, on: ['5xx'] },
        },
        page: {
          match: { path: '/page/{id}' },
          aggregate: {
            order: { upstream: 'real', path: '/orders/{id}', required: true },
            payment: { upstream: 'real', path: '/once' },
          },
        },
        mobile: { match: { path: '/m/*' }, bff: BFF },
      },
      ...more,
    },
    upstreams: {},
  });
  /** What the collector has once everything is sent. */
  const ended = async () => {
    await gateway.close();
    return collector;
  };
  const idOf = (path: string): string[] =>
    told.filter((each) => each['path'] === path).map(({ parent }) => parent!.split('-')[2]!);
  return { ...gateway, collector, told, ended, idOf };
}
