/** Gateways with a store, for tests of operations. */
import { onTestFinished } from 'vitest';
import type { TestGateway } from '../../src/testing.ts';
import { testGateway } from '../../src/testing.ts';
import { FULFILMENT } from './shop.ts';
import who from './who.ts';

export { who };

export interface Section {
  readonly [key: string]: unknown;
}

export const routesOf = (more: Section = {}): Section => ({
  fulfil: {
    match: { path: '/fulfilments', methods: ['POST'] },
    who: {},
    saga: 'fulfilment',
  },
  order: {
    match: { path: '/orders/{id}/cancel', methods: ['POST'] },
    who: {},
    command: { upstream: 'shop', path: '/orders/{id}/cancel', backoff: '20ms', timeout: '10s' },
  },
  operations: {
    match: { path: '/operations/*' },
    who: {},
    operationStatus: { seeAll: ['operations:all'] },
  },
  ping: { match: { path: '/ping' }, respond: { body: 'pong' } },
  ...more,
});

export interface ShopOptions {
  readonly store: Section;
  /** Of the shop. */
  readonly url: string;
  readonly saga?: Section;
  /** Of each call. Default: 1s. */
  readonly timeout?: string;
  readonly routes?: Section;
  /** Default: off. */
  readonly admin?: Section;
  readonly log?: Parameters<typeof testGateway>[0]['log'];
}

export const configOf = ({
  store,
  url,
  saga = {},
  timeout = '1s',
  routes,
  admin,
}: ShopOptions): Section => ({
  ...(admin && { admin: { port: 0, ...admin } }),
  store: { timeout: '5s', ...store },
  upstreams: { shop: { targets: [url], retry: false, breaker: false, timeout } },
  sagas: { fulfilment: { ...FULFILMENT, ...saga } },
  routes: routesOf(routes),
});

/** A gateway whose store is open; it ends with the test. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const shop = await openShop(options);
  onTestFinished(() => shop.gateway.close());
  return shop;
}

/** The same, to be closed by the caller. */
export async function openShop(options: ShopOptions): Promise<Shop> {
  const gateway = await testGateway({
    plugins: [who],
    config: configOf(options),
    ...(options.log && { log: options.log }),
  });
  const shop = Object.assign(new Shop(gateway.url), { gateway });
  await shop.untilOpen();
  return shop;
}

export interface Resource {
  readonly id: string;
  readonly status: string;
  readonly failureReason?: string;
  readonly completedSteps: readonly string[];
  readonly compensatedSteps: readonly string[];
  readonly currentStepIndex: number;
  readonly steps: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly attempts: number;
  }[];
  readonly result?: { readonly status: number; readonly body?: unknown };
  readonly context?: Readonly<Record<string, unknown>>;
}

interface Asked extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the client. Default: `ada`. */
  readonly who?: string;
}

/** A client of one gateway. */
export class Shop {
  readonly url: string;
  declare readonly gateway: TestGateway;

  constructor(url: string) {
    this.url = url;
  }

  fetch(path: string, init: Asked = {}): Promise<Response> {
    const { who: name = 'ada', headers, ...rest } = init;
    return fetch(this.url + path, { ...rest, headers: { 'x-who': name, ...headers } });
  }

  start(body: string, headers: Record<string, string> = {}, name = 'ada'): Promise<Response> {
    return this.fetch('/fulfilments', {
      method: 'POST',
      body,
      who: name,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  async read(id: string, name = 'ada'): Promise<Resource> {
    const response = await this.fetch(`/operations/${id}`, { who: name });
    return (await response.json()) as Resource;
  }

  /** The operation once it has ended, or is stuck. */
  async ended(id: string, name?: string, withinMs = 60_000): Promise<Resource> {
    let found = await this.read(id, name);
    const until = performance.now() + withinMs;
    // Anything else tells that the store does not answer.
    while (!['completed', 'failed', 'stuck'].includes(found.status)) {
      if (performance.now() > until) throw new Error(`it is still ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      found = await this.read(id, name);
    }
    return found;
  }

  /** The store answers. */
  async untilOpen(withinMs = 60_000): Promise<void> {
    const until = performance.now() + withinMs;
    const isOpen = async (): Promise<boolean> =>
      this.fetch('/operations').then(
        ({ status }) => status === 200,
        () => false,
      );
    while (!(await isOpen())) {
      if (performance.now() > until) throw new Error('the store does not open');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
