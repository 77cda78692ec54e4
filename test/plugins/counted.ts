/** Gateways whose routes have quotas, for the tests of quota. */
import { hash } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { FakeUpstream } from '../../src/testing.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';

const keyOf = (consumer: string): string => `the api key of ${consumer}`;

/** Who asks; `ada` is on the plan pro, `bob` on none. */
export const as = (consumer: string) => ({ 'x-api-key': keyOf(consumer) });

const CONSUMERS = {
  ada: { keys: [hash('sha256', keyOf('ada'))], plan: 'pro' },
  bob: { keys: [hash('sha256', keyOf('bob'))] },
};

export interface CountedOptions {
  readonly store?: unknown;
  readonly wallClock?: () => number;
  readonly log?: FastifyBaseLogger;
  readonly upstream?: FakeUpstream;
}

/** One route for each of `routes`, at `/name`, with API keys that may be left out. */
export async function counted(
  quotas: Readonly<Record<string, object>>,
  routes: Readonly<Record<string, object>>,
  { store, upstream = () => ({}), ...options }: CountedOptions = {},
) {
  const gateway = await startGateway({
    ...options,
    config: {
      admin: { port: 0 },
      plugins: {
        apiKey: { consumers: CONSUMERS },
        quota: { quotas, ...(store === undefined ? {} : { store }) },
      },
      routes: Object.fromEntries(
        Object.entries(routes).map(([name, keys]) => [
          name,
          forwardTo(`/${name}`, { apiKey: { optional: true }, ...keys }),
        ]),
      ),
    },
    upstreams: { up: upstream },
  });
  const { adminUrl } = gateway.gateway;
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await gateway.fetch(path, { headers });
    await response.text();
    return response.status;
  };
  const metric = async (series: string): Promise<number> => {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? 0);
  };
  const order = async (path: string, body: object) => {
    const response = await fetch(`${adminUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as object };
  };
  return { ...gateway, ask, metric, order };
}
