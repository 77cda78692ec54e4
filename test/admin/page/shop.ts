/** A gateway in front of a small shop of real servers, with an admin port, for tests of the page. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Reloading, type Section, startReloading } from '../../reload/reloading.ts';

export const TOKEN = 'the-token-of-the-operator';

const SERVICES = ['orders', 'payments', 'users'] as const;
type ServiceName = (typeof SERVICES)[number];

export interface Shop extends Reloading {
  readonly adminUrl: string;
  /** Ends a service: connections to it are refused from then on. */
  readonly kill: (name: ServiceName) => Promise<void>;
  readonly ask: (path: string) => Promise<Response>;
  readonly config: Section;
}

/** @param admin  keys of `admin`; default: with a token */
export async function startShop(
  more: Section = {},
  admin: Section = { token: TOKEN },
): Promise<Shop> {
  const services = new Map<ServiceName, Service>();
  for (const name of SERVICES) services.set(name, await startService(name));
  const config = { ...shopConfig(services), ...more, admin: { port: 0, ...admin } };
  const reloading = await startReloading(config);
  return {
    ...reloading,
    config,
    adminUrl: reloading.gateway.adminUrl!,
    kill: (name) => services.get(name)!.stop(),
    ask: (path) => fetch(reloading.url + path),
  };
}

interface Service {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

async function startService(name: string): Promise<Service> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, path: request.url, customerId: 'u1' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  onTestFinished(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

function shopConfig(services: ReadonlyMap<ServiceName, Service>): Section {
  const breaker = { consecutive: 3, open: '30s' };
  const upstreams = [...services].map(([name, { url }]) => [name, { targets: [url], breaker }]);
  return {
    upstreams: Object.fromEntries(upstreams) as Section,
    routes: {
      orders: { match: { path: '/orders/*', methods: ['GET', 'POST'] }, upstream: 'orders' },
      copied: {
        match: { path: '/copied/*' },
        upstream: 'orders',
        mirror: { upstream: 'users', compare: true },
      },
      moving: {
        match: { path: '/moving/*' },
        split: [{ upstream: 'orders' }, { upstream: 'users', weight: 50, abort: { errors: '5%' } }],
      },
      payments: { match: { path: '/payments/*' }, upstream: 'payments' },
      summary: {
        match: { path: '/orders/{id}/summary', methods: ['GET'] },
        aggregate: {
          order: { upstream: 'orders', path: '/orders/{id}', required: true },
          payment: { upstream: 'payments', path: '/payments/order/{id}', default: null },
          customer: { upstream: 'users', path: '/users/{order.customerId}' },
        },
      },
    },
  };
}
