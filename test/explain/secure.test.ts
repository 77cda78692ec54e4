import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listenTls, pair } from '../listener/gateway.ts';

const clientCa = join(process.cwd(), 'test/fixtures/tls/ca.pem');

async function explain(route: object, url: string) {
  const { gateway } = await listenTls({ ...pair('server'), clientCa }, { route, up: () => ({}) });
  return gateway.explain({ method: 'GET', url, headers: [], address: '127.0.0.1' });
}

test('where the gateway serves TLS, a path alone is asked by https', async () => {
  expect((await explain({}, '/x')).request.scheme).toBe('https');
  expect((await explain({}, 'http://localhost/x')).request.scheme).toBe('http');
});

test('a question has no certificate: what it decides is not certain', async () => {
  const { outcome, plugins } = await explain({ mtls: {} }, '/x');
  expect(outcome).toMatchObject({ status: 401, by: 'mtls', isCertain: false });
  expect(plugins[0]?.says).toBe('an explained request has no certificate');
  const optional = await explain({ mtls: { required: false } }, '/x');
  expect(optional.outcome).toEqual({ kind: 'called', isCertain: false });
});
