/** Warns of a `server.clientAddress` that has no effect. */
import type { Finding } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

export function* checkClientAddress({ server }: Tree): Generator<Finding> {
  if (!isMap(server) || typeof server['clientAddress'] !== 'string') return;
  const proxies = server['trustedProxies'];
  if (proxies !== undefined && !(Array.isArray(proxies) && proxies.length === 0)) return;
  const message =
    'is never used: it counts only from proxies under server.trustedProxies, and there are none';
  yield { path: ['server', 'clientAddress'], severity: 'warning', message };
}
