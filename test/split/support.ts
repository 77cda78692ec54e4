/** A gateway with one split route, and what its upstreams got. */
import type { FakeUpstream, TestGateway, TestGatewayOptions } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export interface SplitOptions extends Omit<TestGatewayOptions, 'config' | 'route' | 'upstreams'> {
  /** In place of those that answer with their names; `undefined`: it is called over the network. */
  readonly upstreams?: Readonly<Record<string, FakeUpstream | undefined>>;
  /** Keys of the route besides `split`. */
  readonly route?: object;
  /** Keys of the config besides `routes`. */
  readonly config?: object;
}

export interface SplitGateway extends TestGateway {
  readonly adminUrl: string;
  /** The side that answers, or the status if none does. */
  readonly sideOf: (headers?: Readonly<Record<string, string>>, path?: string) => Promise<string>;
  /** The sides of so many requests, in order. */
  readonly sidesOf: (count: number) => Promise<readonly string[]>;
  readonly metrics: () => Promise<string>;
  readonly order: (body: unknown, route?: string) => Promise<Response>;
}

/** Sides answer with their names, unless `upstreams` says otherwise. */
export async function splitGateway(
  split: readonly object[],
  { route, config, upstreams, ...options }: SplitOptions = {},
): Promise<SplitGateway> {
  const gateway = await startGateway({
    ...options,
    config: {
      admin: { port: 0 },
      ...config,
      routes: { shop: { match: { path: '/*' }, split, ...route } },
    },
    upstreams: {
      old: () => ({ body: 'old' }),
      new: () => ({ body: 'new' }),
      beta: () => ({ body: 'beta' }),
      ...upstreams,
    },
  });
  const { adminUrl = '' } = gateway.gateway;
  const sideOf: SplitGateway['sideOf'] = async (headers = {}, path = '/a') => {
    const response = await gateway.fetch(path, { headers });
    const body = await response.text();
    return response.ok ? body : String(response.status);
  };
  return {
    ...gateway,
    adminUrl,
    sideOf,
    async sidesOf(count) {
      const sides: string[] = [];
      for (let i = 0; i < count; i++) sides.push(await sideOf());
      return sides;
    },
    metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
    order: (body, name = 'shop') =>
      fetch(`${adminUrl}/routes/${name}/split`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

export const SIDES = [{ upstream: 'old' }, { upstream: 'new', weight: 10 }];
