/**
 * The sockets of one target. This folder is the only place that knows undici.
 */
import type { Socket } from 'node:net';
import { buildConnector, type Dispatcher, errors, Pool } from 'undici';
import type { Clock } from '../clock.ts';
import type { UpstreamConfig } from '../config/config.ts';

/** The sockets of one target; calls never wait in it, since the bulkhead admits no more. */
export function openPool(origin: string, config: UpstreamConfig, clock: Clock): Dispatcher {
  return new Pool(origin, {
    connections: config.connections,
    pipelining: 1,
    allowH2: false,
    connect: connectWithin(config.connectTimeoutMs, clock),
    // Timers are ours and exact; undici's would fire half a second late, or more.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 600_000,
  });
}

/** undici's way to a socket, TLS included, bounded in time. */
function connectWithin(timeoutMs: number, clock: Clock): buildConnector.connector {
  const connect = buildConnector({ allowH2: false, timeout: 0 });
  return (options, callback) => {
    const connecting: unknown = connect(options, (...outcome) => {
      clock.cancel(timer);
      callback(...outcome);
    });
    // The types of undici do not tell that its connector returns the socket.
    const socket = connecting as Socket;
    const timer = clock.after(timeoutMs, () => socket.destroy(new errors.ConnectTimeoutError()));
  };
}
