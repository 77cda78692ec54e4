/** The admin port: probes, metrics and status, away from what clients can reach. */
import Fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './observe/metrics.ts';
import type { GatewayStatus } from './status.ts';

export interface AdminView {
  readonly isReady: () => boolean;
  readonly metrics: Metrics;
  readonly status: () => GatewayStatus;
}

export interface Admin {
  /** @throws the system's error when the port can not be had */
  listen(): Promise<void>;
  readonly url: string;
  close(): Promise<void>;
}

export function createAdmin(
  { host, port }: { readonly host: string; readonly port: number },
  { isReady, metrics, status }: AdminView,
): Admin {
  const app = Fastify({ forceCloseConnections: true, requestTimeout: 10_000 });
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    if (isReady()) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready' });
  });
  app.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.contentType);
    return metrics.text();
  });
  app.get('/status', async () => status());
  return {
    listen: async () => {
      await app.listen({ host, port });
    },
    get url() {
      const { port: actual } = app.server.address() as AddressInfo;
      const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
      return `http://${name.includes(':') ? `[${name}]` : name}:${actual}`;
    },
    close: () => app.close(),
  };
}
