/** Builds the listeners that the gateway opens from the parsed ones. */
import type * as Run from './config.ts';
import type { NamedFiles } from './named-files.ts';
import { defined } from './upstream.ts';
import type { Path } from '../fault.ts';
import type { AddressRange } from '../schema/address-range.ts';
import type { ParsedListener } from '../schema/listener.ts';
import type { ParsedConfig } from '../schema/schema.ts';
import type { ParsedServerTls } from '../schema/tls.ts';

/** What the listener is called that has no name. */
export const ONLY = 'server';
/** Its user and group may connect. */
const MODE = 0o660;
const HTTPS = 443;

/** Those with names, or the only one. */
export function buildListeners(
  server: ParsedConfig['server'],
  namedFiles: NamedFiles,
): readonly Run.ListenerConfig[] {
  const { listeners, trustedProxies } = server;
  const context = { namedFiles, trustedProxies };
  if (listeners === undefined) return [build(ONLY, ['server'], server, context)];
  return Object.entries(listeners).map(([name, listener]) =>
    build(name, ['server', 'listeners', name], listener, context),
  );
}

interface Context {
  readonly namedFiles: NamedFiles;
  readonly trustedProxies: readonly AddressRange[];
}

/** A port, or else a socket, is there for each: check/listeners.ts sees to it. */
function build(
  name: string,
  at: Path,
  listener: ParsedListener,
  { namedFiles, trustedProxies }: Context,
): Run.ListenerConfig {
  const { host, port = 0, socket, mode = MODE, tls, redirectHttps, proxyProtocol } = listener;
  const { http2 = tls === undefined ? 'none' : 'alpn' } = listener;
  return {
    name,
    at,
    address: socket === undefined ? { host, port } : { socket, mode },
    http2,
    ...defined({
      tls: tls && buildTls(tls, [...at, 'tls'], namedFiles),
      redirectHttps: redirectHttps === true ? { port: HTTPS } : redirectHttps || undefined,
      proxyProtocol: proxyProtocol && buildProxyProtocol(proxyProtocol, trustedProxies),
    }),
  };
}

function buildProxyProtocol(
  written: NonNullable<ParsedListener['proxyProtocol']>,
  trustedProxies: readonly AddressRange[],
): Run.ProxyProtocolConfig {
  if (typeof written === 'string') return { version: written, from: trustedProxies };
  const { version, from = trustedProxies } = written;
  return { version, from };
}

function buildTls(tls: ParsedServerTls, at: Path, namedFiles: NamedFiles): Run.ServerTlsConfig {
  const pairs = tls.certificates?.map((pair, i) => [[...at, 'certificates', i], pair] as const);
  const { cert = '', key = '', clientCa, clientAuth = 'required', minVersion } = tls;
  const certificates = (pairs ?? [[at, { cert, key }] as const]).map(([path, pair]) => ({
    cert: namedFiles.sourceAt([...path, 'cert'], pair.cert),
    key: namedFiles.sourceAt([...path, 'key'], pair.key),
  }));
  const ca =
    clientCa === undefined ? undefined : namedFiles.sourceAt([...at, 'clientCa'], clientCa);
  const client = ca && { ca, isRequired: clientAuth === 'required' };
  return defined({ certificates, client, minVersion });
}
