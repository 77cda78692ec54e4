/** Opens a socket to a target, including TLS, in bounded time. */
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import type { Clock } from '../core/clock.ts';
import { isForWantOfDescriptors } from '../core/descriptors.ts';
import { GatewayError } from '../core/errors.ts';
import { guardStreams } from './h2-streams.ts';
import type { Transport } from './transport.ts';
import { NAME_TIMEOUT } from './transport-error.ts';

export interface ConnectorOptions {
  readonly config: Transport;
  /** The name that TLS asks for and verifies; absent: the target's address. */
  readonly servername: string | undefined;
  /** Of a unix socket; absent: the target is in a network. */
  readonly socketPath?: string | undefined;
  readonly clock: Clock;
  /** Resolves names to addresses. */
  readonly lookup: LookupFunction;
  /** Called when a socket gets no file descriptor. */
  readonly onNoDescriptors?: (() => void) | undefined;
}

/** How often an HTTP/2 session is pinged (PING, RFC 9113 §6.7). */
export const PING_MS = 5_000;
/** A session that sends nothing for this long, despite two pings, is dead. */
const SILENT_MS = 12_000;

/** A connector for undici that fails once `connectTimeout` has passed. */
export function connector(options: ConnectorOptions): buildConnector.connector {
  const { config, servername, socketPath, clock, lookup, onNoDescriptors } = options;
  const at = socketPath === undefined ? { lookup } : { socketPath };
  const connect = buildConnector({ ...tlsOptions(config), ...at, timeout: 0 });
  const bounded: buildConnector.connector = (
    { servername: _ofTheRequest, ...target },
    callback,
  ) => {
    const named = { ...target, ...(servername === undefined ? {} : { servername }) };
    const connecting: unknown = connect(named, (...outcome) => {
      clock.cancel(timer);
      const [error, opened] = outcome;
      if (error !== null && isForWantOfDescriptors(error)) {
        onNoDescriptors?.();
        callback(noDescriptors(error), null);
        return;
      }
      if (error === null && isH2(opened)) {
        guardStreams(opened, config.headersBytes);
        watchSilence(opened, clock);
      }
      callback(...outcome);
    });
    // undici's connector returns the socket, but its types do not say so.
    const socket = connecting as Socket;
    let hasAddress =
      socketPath !== undefined || isIP(target.hostname.replace(/^\[|\]$/g, '')) !== 0;
    socket.once('lookup', () => (hasAddress = true));
    const timer = clock.after(config.connectTimeoutMs, () =>
      socket.destroy(hasAddress ? new errors.ConnectTimeoutError() : new NameTimeoutError()),
    );
  };
  return config.http2 ? failingTogether(bounded) : bounded;
}

const noDescriptors = (cause: Error): GatewayError =>
  new GatewayError('GW_OVERLOADED', 'no more connections can be opened', {
    cause,
    retryAfterMs: 1_000,
  });

/** `connectTimeout` passed before the name was resolved. */
class NameTimeoutError extends Error {
  readonly code = NAME_TIMEOUT;
}

/** Adds a key that undici's types lack. */
type ConnectOptions = buildConnector.BuildOptions & { readonly useH2c: boolean };

function tlsOptions({ http2, tls = {} }: Transport): ConnectOptions {
  const { ca, cert, key } = tls;
  return {
    allowH2: http2,
    preferH2: true,
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED and --tls-min-v1.0 cannot weaken a gateway.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // For plain sockets.
    useH2c: http2,
  };
}

const isH2 = (socket: Socket & { readonly alpnProtocol?: unknown }): boolean =>
  socket.alpnProtocol === 'h2';

/**
 * Makes calls that wait for a session fail together. undici lets one of them connect while the others
 * wait, then the next one: the last of a hundred would fail after a hundred times `connectTimeout`.
 */
function failingTogether(connect: buildConnector.connector): buildConnector.connector {
  let failure: Error | undefined;
  const fail = (error: Error, callback: buildConnector.Callback): void => {
    // undici starts the next waiting call from within the callback, or just after it.
    failure = error;
    setImmediate(() => (failure = undefined));
    callback(error, null);
  };
  return (target, callback) => {
    const earlier = failure;
    if (earlier !== undefined) {
      queueMicrotask(() => fail(earlier, callback));
      return;
    }
    connect(target, (...outcome) => {
      const [error] = outcome;
      if (error === null) callback(...outcome);
      else fail(error, callback);
    });
  };
}

/**
 * Closes a session whose other end has vanished. A call without an answer ends only its stream. Over
 * HTTP/1.1 it would end the connection, and the next call would open a new one.
 */
function watchSilence(socket: Socket, clock: Clock): void {
  let received = socket.bytesRead;
  const check = (): void => {
    if (socket.bytesRead === received) {
      socket.destroy(new errors.SocketError('the other end is silent'));
      return;
    }
    received = socket.bytesRead;
    timer = clock.after(SILENT_MS, check);
  };
  let timer = clock.after(SILENT_MS, check);
  socket.once('close', () => clock.cancel(timer));
}
