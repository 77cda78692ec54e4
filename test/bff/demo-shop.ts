/** The gateway of the demo with its own config, over the demo's services in this process: nothing but their network is left out. */
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { catalog } from '../../demo/services/catalog.ts';
import { inventory } from '../../demo/services/inventory.ts';
import { orders } from '../../demo/services/orders.ts';
import { payments } from '../../demo/services/payments.ts';
import { recommendations } from '../../demo/services/recommendations.ts';
import { users } from '../../demo/services/users.ts';
import type { Clock } from '../../src/core/clock.ts';
import { type FakeRequest, type FakeUpstream, testGateway } from '../../src/testing.ts';
import { hmacToken, now } from '../plugins/issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';
const ROOT = new URL('../../', import.meta.url).pathname;

export type ServiceName = keyof typeof SERVICES;
const SERVICES = { users, catalog, orders, payments, inventory, recommendations };

export interface ShopOptions {
  /** Upstreams instead of the services. */
  readonly broken?: Readonly<Partial<Record<ServiceName, FakeUpstream>>>;
  /** What each call waits for before the service gets it. */
  readonly hold?: (request: FakeRequest) => Promise<void>;
  readonly clock?: Clock;
  readonly wallClock?: () => number;
}

/** Asks as the customer `u1`, unless told otherwise. */
export async function demoShop({ broken = {}, hold, ...clocks }: ShopOptions = {}) {
  const names = Object.keys(SERVICES) as ServiceName[];
  const upstreams = Object.fromEntries(
    names.map((name) => [name, broken[name] ?? inProcess(SERVICES[name](), hold)]),
  );
  const gateway = await testGateway({
    config: demoConfig(),
    upstreams,
    environment: {},
    ...clocks,
  });
  onTestFinished(() => gateway.close());
  const ask = (path: string, init: RequestInit = {}, sub = 'u1'): Promise<Response> => {
    const token = hmacToken(SECRET, { iss: 'shop', aud: 'shop', sub, exp: now() + 600 });
    const headers = new Headers(init.headers);
    if (!headers.has('x-api-key')) headers.set('authorization', `Bearer ${token}`);
    return gateway.fetch(path, { ...init, headers });
  };
  return { ...gateway, ask, calls: () => gateway.seen.map(callText) };
}

const callText = ({ upstream, method, path, query }: FakeRequest): string =>
  `${method} ${upstream}${path}${query}`;

/** gateway.config.yaml, with tokens that a test can make. */
function demoConfig() {
  const config = parse(
    readFileSync(`${ROOT}gateway.config.yaml`, 'utf8')
      .replaceAll(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1')
      .replaceAll(/(?<=[ '"])\.\//g, ROOT),
  ) as {
    plugins: { jwt: object };
    [key: string]: unknown;
  };
  const jwt = { issuers: { shop: { issuer: 'shop', secret: SECRET, algorithms: ['HS256'] } } };
  return { ...config, plugins: { ...config.plugins, jwt }, server: {}, admin: false };
}

/** A service without a socket. */
function inProcess(app: FastifyInstance, hold: ShopOptions['hold']): FakeUpstream {
  onTestFinished(() => app.close());
  return async (request) => {
    await hold?.(request);
    const payload = await request.text();
    const response = await app.inject({
      method: request.method as 'GET',
      url: request.path + request.query,
      headers: request.headers as Record<string, string>,
      ...(payload === '' ? {} : { payload }),
    });
    const headers = Object.entries(response.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value : String(value)] as const],
    );
    return {
      status: response.statusCode,
      headers: Object.fromEntries(headers),
      body: response.rawPayload,
    };
  };
}
