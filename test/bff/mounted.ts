/** The BFF of the fixture at `/m/*`, over fakes of its two upstreams. */
import type { UpstreamRequest } from '../../src/core/call.ts';
import type { FakeUpstream } from '../../src/testing.ts';
import { startGateway } from '../gateway/support/gateway.ts';

export const file = (name: string): string =>
  new URL(`./fixtures/${name}.ts`, import.meta.url).pathname;
const TRACE = new URL('../plugins/fixtures/trace.ts', import.meta.url).pathname;

export async function mounted(
  fakes: Readonly<Record<string, FakeUpstream>> = {},
  keys: object = {},
  server: object = {},
) {
  const calls: UpstreamRequest[] = [];
  const noting =
    (fake: FakeUpstream): FakeUpstream =>
    (call) => {
      calls.push(call);
      return fake(call);
    };
  const nothing: FakeUpstream = () => ({ body: {} });
  const gateway = await startGateway({
    config: {
      server,
      admin: { port: 0 },
      plugins: {
        trace: { module: TRACE },
        jwt: { issuers: { own: { issuer: 'own', secret: 's'.repeat(32), algorithms: ['HS256'] } } },
      },
      routes: { mobile: { match: { path: '/m/*' }, bff: file('shop'), ...keys } },
    },
    upstreams: {
      items: noting(fakes['items'] ?? nothing),
      stock: noting(fakes['stock'] ?? nothing),
    },
  });
  return { ...gateway, calls };
}
