/** Finds addresses that nothing can listen on, while the serving process is not yet affected. */
import { isIP } from 'node:net';
import type { Finding } from '../fault.ts';
import { Admin, Server } from '../schema/schema.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** A port taken on these is taken on every address. */
const ANY = new Set(['0.0.0.0', '::']);

export function* checkPorts({ server, admin }: Tree): Generator<Finding> {
  yield* checkHost(server, 'server');
  yield* checkHost(admin, 'admin');
  if (admin === false) return;
  const ours = Server.safeParse(hostAndPort(server));
  const other = Admin.safeParse(hostAndPort(admin));
  if (!ours.success || !other.success) return;
  const { host, port } = ours.data;
  const meet = host === other.data.host || ANY.has(host) || ANY.has(other.data.host);
  if (!meet || port === 0 || port !== other.data.port) return;
  const at = isMap(admin) && admin['port'] !== undefined ? 'admin' : 'server';
  const message = `is also the port of ${at === 'admin' ? 'server' : 'admin'}`;
  yield { path: [at, 'port'], message };
}

function* checkHost(written: unknown, section: string): Generator<Finding> {
  const host = isMap(written) ? written['host'] : undefined;
  if (typeof host !== 'string' || isIP(host) > 0 || /^[\w.-]*$/.test(host)) return;
  const message = `"${host}" is not an address or name such as 127.0.0.1, :: or localhost, without a port`;
  yield { path: [section, 'host'], message };
}

/** Host and port as written; the rest is checked elsewhere. */
function hostAndPort(written: unknown): Tree {
  const keys = isMap(written) ? Object.entries(written) : [];
  return Object.fromEntries(keys.filter(([key]) => key === 'host' || key === 'port'));
}
