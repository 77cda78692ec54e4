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
  /** What TLS asks for and verifies; absent: the address of the target. */
  readonly servername: string | undefined;
  readonly clock: Clock;
  /** How names become addresses. */
  readonly lookup: LookupFunction;
  /** Told when there was no file descriptor for a socket. */
  readonly onNoDescriptors?: (() => void) | undefined;
}

/** How often the other end of an HTTP/2 session is asked whether it is there (PING, RFC 9113 §6.7). */
export const PING_MS = 5_000;
/** One that sent no byte for so long, though it was asked twice, is gone. */
const SILENT_MS = 12_000;

/** undici's way to a socket; it fails once `connectTimeout` has passed. */
export function connector(options: ConnectorOptions): buildConnector.connector {
  const { config, servername, clock, lookup, onNoDescriptors } = options;
  const connect = buildConnector({ ...tlsOptions(config), lookup, timeout: 0 });
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
    // The types of undici do not tell that its connector returns the socket.
    const socket = connecting as Socket;
    let hasAddress = isIP(target.hostname.replace(/^\[|\]$/g, '')) !== 0;
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

/** `connectTimeout` has passed, and the name's address is still not known. */
class NameTimeoutError extends Error {
  readonly code = NAME_TIMEOUT;
}

/** With a key that the types of undici do not have. */
type ConnectOptions = buildConnector.BuildOptions & { readonly useH2c: boolean };

function tlsOptions({ http2, tls = {} }: Transport): ConnectOptions {
  const { ca, cert, key } = tls;
  return {
    allowH2: http2,
    preferH2: true,
    // Written out: NODE_TLS_REJECT_UNAUTHORIZED and --tls-min-v1.0 must not weaken a gateway.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // Of plain sockets.
    useH2c: http2,
  };
}

const isH2 = (socket: Socket & { readonly alpnProtocol?: unknown }): boolean =>
  socket.alpnProtocol === 'h2';

/**
 * Calls that wait for a session fail with it. undici lets one of them try while the others wait, then
 * the next one: of a hundred, the last would fail after a hundred times `connectTimeout`.
 */
function failingTogether(connect: buildConnector.connector): buildConnector.connector {
  let failure: Error | undefined;
  const fail = (error: Error, callback: buildConnector.Callback): void => {
    // undici hands those that wait to its next try from within the callback, or just after it.
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
 * Closes a session whose other end has gone without a word. A call that gets no answer ends its stream
 * and no more; over HTTP/1.1 it would end the connection, and the next call find a new one.
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
