/** Routes that ask for tokens, and requests that bear them. */
import type { UpstreamRequest } from '../../src/core/call.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import type { TestGatewayOptions } from '../../src/testing.ts';
import { startIssuer } from './issuer.ts';

export const bearing = (token: string, more: object = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});

/** Routes by their `jwt` options, at `/name`; one issuer, or several. */
export async function routed(
  options: Readonly<Record<string, object | false>>,
  issuers: object = {},
  {
    own = {},
    ...more
  }: { readonly own?: object } & Pick<TestGatewayOptions, 'log' | 'folder'> = {},
) {
  const { issuer, jwks } = await startIssuer();
  const calls: UpstreamRequest[] = [];
  const shop = { issuer: issuer.issuer, audience: 'shop', jwks, algorithms: ['ES256'], ...own };
  const gateway = await startGateway({
    ...more,
    config: {
      admin: { port: 0 },
      plugins: { jwt: { issuers: { shop, ...issuers } } },
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
  const { adminUrl } = gateway.gateway;
  const metrics = async (): Promise<string> => (await fetch(`${adminUrl}/metrics`)).text();
  return { ...gateway, issuer, calls, metrics };
}
