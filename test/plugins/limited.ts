/** Gateways whose routes have limits, for the tests of rateLimit. */
import type { FastifyBaseLogger } from 'fastify';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { hmacToken, now } from './issuer.ts';

const SECRET = 'a secret of at least thirty-two characters';
const jwtSettings = {
  issuers: { own: { issuer: 'own', secret: SECRET, algorithms: ['HS256'] } },
};

export const tokenOf = (sub: string, claims: object = {}): Record<string, string> => ({
  authorization: `Bearer ${hmacToken(SECRET, { iss: 'own', sub, exp: now() + 60, ...claims })}`,
});

export interface LimitedOptions {
  readonly settings?: object;
  readonly log?: FastifyBaseLogger;
  /** What the upstream does before it answers. */
  readonly upstream?: () => void | Promise<void>;
}

/** One route a limit, at `/name`. */
export async function limited(
  routes: Readonly<Record<string, object>>,
  { settings, log, upstream }: LimitedOptions = {},
) {
  let calls = 0;
  const gateway = await startGateway({
    ...(log === undefined ? {} : { log }),
    config: {
      admin: { port: 0 },
      plugins: { jwt: jwtSettings, ...(settings === undefined ? {} : { rateLimit: settings }) },
      routes: Object.fromEntries(
        Object.entries(routes).map(([name, keys]) => [name, forwardTo(`/${name}`, keys)]),
      ),
    },
    upstreams: {
      up: async () => {
        calls += 1;
        await upstream?.();
        return {};
      },
    },
  });
  const ask = async (name: string, headers: Readonly<Record<string, string>> = {}) =>
    (await gateway.fetch(`/${name}`, { headers })).status;
  /** The value of a metric, 0 where it has none. */
  const metric = async (series: string): Promise<number> => {
    const text = await (await fetch(`${gateway.gateway.adminUrl}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? 0);
  };
  return { ...gateway, ask, metric, calls: () => calls };
}
