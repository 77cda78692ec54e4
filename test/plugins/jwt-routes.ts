/** Routes that ask for tokens, and requests that bear them. */
import type { UpstreamRequest } from '../../src/call.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { startIssuer } from './issuer.ts';

export const bearing = (token: string, more: object = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});

/** Routes by their `jwt` options, at `/name`; one issuer, or several. */
export async function routed(
  options: Readonly<Record<string, object | false>>,
  issuers: object = {},
) {
  const { issuer, jwks } = await startIssuer();
  const calls: UpstreamRequest[] = [];
  const own = { issuer: issuer.issuer, audience: 'shop', jwks, algorithms: ['ES256'] };
  const gateway = await startGateway({
    config: {
      plugins: { jwt: { issuers: { shop: own, ...issuers } } },
      routes: Object.fromEntries(
        Object.entries(options).map(([name, jwt]) => [
          name,
          forwardTo(`/${name}`, { jwt: jwt === false ? false : { issuer: 'shop', ...jwt } }),
        ]),
      ),
    },
    upstreams: {
      up: (call) => {
        calls.push(call);
        return {};
      },
    },
  });
  return { ...gateway, issuer, calls };
}
