/** The two ways to a service: directly, and through a gateway. */
import type { ChannelOptions, Client } from '@grpc/grpc-js';
import { forwardTo, startGateway } from '../../gateway/support/gateway.ts';
import { type StockHandlers, startStock, stockClient } from '../../helpers/grpc.ts';
import { startRelay } from '../../helpers/relay.ts';
import { pem } from '../../helpers/secure-upstream.ts';
import { pair } from '../../listener/gateway.ts';

/** How both connections are made: the client's, and that of the gateway. */
export type Transport = 'tls' | 'h2c';

export interface Way {
  readonly client: Client;
  /** Breaks the connections of the service, as its death would. */
  readonly kill: () => void;
}

async function start(handlers: StockHandlers, transport: Transport) {
  const { url } = await startStock(handlers, transport === 'tls');
  const relay = await startRelay(url, 0);
  return { url: relay.url, kill: relay.cut };
}

export async function direct(
  handlers: StockHandlers,
  transport: Transport,
  options?: ChannelOptions,
): Promise<Way> {
  const { url, kill } = await start(handlers, transport);
  return { client: stockClient(url, options), kill };
}

export async function through(
  handlers: StockHandlers,
  transport: Transport,
  options?: ChannelOptions,
): Promise<Way> {
  const service = await start(handlers, transport);
  const { url } = await startGateway({
    config: {
      server: transport === 'tls' ? { tls: pair('server') } : { http2: 'prior' },
      upstreams: {
        up: {
          targets: [service.url],
          http2: true,
          retry: false,
          ...(transport === 'tls' && { tls: { ca: pem('ca.pem') } }),
        },
      },
      routes: { all: forwardTo('/*', { limits: { body: '16MiB' } }) },
    },
  });
  return { client: stockClient(url, options), kill: service.kill };
}
