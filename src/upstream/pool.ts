/**
 * The sockets of one target: opened in bounded time, verified if it is https, and HTTP/2 if the
 * config asks for it.
 *
 * This folder is the only place that knows undici.
 */
import { isIP } from 'node:net';
import { Client, type Dispatcher, type Pool } from 'undici';
import type { Clock } from '../core/clock.ts';
import { socketPathOf } from '../core/socket-path.ts';
import { connector, PING_MS } from './connector.ts';
import { ANSWER_WINDOWS } from './h2-streams.ts';
import { guardConnections } from './h1-parser.ts';
import { withoutRoot } from './names/hosts.ts';
import type { Names } from './names/names.ts';
import { sizeOf } from './undici-members.ts';
import { RoomyPool } from './roomy-pool.ts';
import { SessionPool } from './session-pool.ts';
import type { Transport } from './transport.ts';

/** Has a key that undici's types lack: it checks `settings.initialWindowSize`, but reads this one. */
const H2_OPTIONS: Pool.Options['h2Options'] & { readonly initialWindowSize: number } = {
  pingInterval: PING_MS,
  initialWindowSize: ANSWER_WINDOWS.initialBytes,
  connectionWindowSize: ANSWER_WINDOWS.unreadBytes,
};
/** What requests to a unix socket are for, as undici needs a URL: `Host: localhost`, as nginx sends it. */
const LOCAL_URL = 'http://localhost';
/** The longest keep-alive time that an upstream's own hint may set. */
const MAX_KEEP_ALIVE_MS = 600_000;
/**
 * Connections are closed this much sooner than the upstream would, so that a request does not cross its
 * close.
 */
const KEEP_ALIVE_LEAD_MS = 1_000;

export interface PoolSurroundings {
  readonly clock: Clock;
  readonly names: Names;
  /** Called when a socket gets no file descriptor. */
  readonly onNoDescriptors?: () => void;
}

/**
 * The sockets of the target at `origin`. Calls never wait in the pool, because the bulkhead admits no
 * more than it has, and streams get room of their own.
 *
 * `host` is the authority of a target that was discovered, such as `orders.svc:8080`: its certificate
 * is verified by that name, unless the config gives another.
 */
export function openPool(
  origin: string,
  config: Transport,
  surroundings: PoolSurroundings,
  host?: string,
): Dispatcher {
  const { url, servername, options } = wayTo(origin, config, surroundings, host);
  const isSecure = url.startsWith('https:');
  const pool: Pool.Options = {
    ...options,
    connections: config.connections,
    // For HTTP/1.1. An HTTP/2 session has as many streams as its server allows, at most 100.
    pipelining: config.keepAliveMs === 0 && !config.http2 ? 0 : 1,
    h2Options: H2_OPTIONS,
    factory: (at, own) => new SteadyClient(at, own),
  };
  if (!isSecure && !config.http2) return new RoomyPool(url, pool);
  return new SessionPool(url, { ...pool, servername, useH2c: config.http2 && !isSecure });
}

/** One connection to the target at `origin`, by HTTP/1.1: for a request that will keep it. */
export function openConnection(
  origin: string,
  config: Transport,
  surroundings: PoolSurroundings,
  host?: string,
): Dispatcher {
  const { url, options } = wayTo(origin, { ...config, http2: false }, surroundings, host);
  return new SteadyClient(url, options);
}

interface Way {
  readonly url: string;
  readonly servername: string | undefined;
  readonly options: Client.Options;
}

/** How connections to a target are opened and kept. */
function wayTo(
  origin: string,
  config: Transport,
  { clock, names, onNoDescriptors }: PoolSurroundings,
  host?: string,
): Way {
  const socketPath = socketPathOf(origin);
  const url = socketPath === undefined ? origin : LOCAL_URL;
  const servername = config.tls?.servername ?? nameIn(host ?? url.replace(/^\w+:\/\//, ''));
  const lookup = names.lookup;
  return {
    url,
    servername,
    options: {
      connect: connector({ config, servername, socketPath, clock, lookup, onNoDescriptors }),
      allowH2: config.http2,
      // We use our own timers; undici's fire half a second late or more.
      headersTimeout: 0,
      bodyTimeout: 0,
      // 0 is expressed by `pipelining: 0`; undici wants a positive time here.
      keepAliveTimeout: config.keepAliveMs || 1,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      keepAliveTimeoutThreshold: KEEP_ALIVE_LEAD_MS,
      maxHeaderSize: config.headersBytes,
    },
  };
}

/** The host of an authority if it is a name; TLS server names cannot be addresses (RFC 6066 §3). */
function nameIn(authority: string): string | undefined {
  const { hostname } = new URL(`http://${authority}`);
  // A final dot is not part of a server name.
  return hostname.startsWith('[') || isIP(hostname) !== 0 ? undefined : withoutRoot(hostname);
}

/**
 * A connection that survives a request that undici refuses, such as one with an invalid field from a
 * plugin. undici's pool would take the refusal for a busy client and wait forever for it to drain.
 */
class SteadyClient extends Client {
  constructor(...options: ConstructorParameters<typeof Client>) {
    super(...options);
    guardConnections(this);
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const size = sizeOf(this);
    return super.dispatch(options, handler) || sizeOf(this) === size;
  }
}
