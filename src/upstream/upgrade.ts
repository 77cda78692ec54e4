/** The upgrade of a connection to a WebSocket (RFC 6455 §4), as the gateway asks an upstream for it. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { Body } from '../core/body.ts';
import { firstValue, type Headers } from '../core/headers.ts';

/** What an attempt asks for instead of an answer. */
export interface Upgrade {
  /** One connection that nobody else uses. */
  readonly dispatcher: Dispatcher;
  readonly protocol: 'websocket';
  /** What is wrong with the fields of a 101; `undefined` if nothing is. */
  readonly faultOf: (headers: Headers) => string | undefined;
}

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}${GUID}`).digest('base64');

/**
 * Whether the upstream really answers this handshake: a server that only repeats fields, or a cache, must
 * not get a tunnel (RFC 6455 §4.1, §10.3).
 */
export function faultOfUpgrade(key: string): (headers: Headers) => string | undefined {
  const expected = acceptOf(key);
  return (headers) => {
    if (firstValue(headers['upgrade'])?.toLowerCase() !== 'websocket') {
      return 'it switched to a protocol that was not asked for';
    }
    return headers['sec-websocket-accept'] === expected
      ? undefined
      : 'its Sec-WebSocket-Accept does not fit the key';
  };
}

/** A body without bytes that lasts as long as the connection. */
export function tunnelBody(tunnel: Socket): Body {
  const body = new Body({
    pause() {},
    resume() {},
    awaited() {},
    abort: () => void tunnel.destroy(),
    now: () => 0,
  });
  // Until somebody reads from it, nobody else listens.
  tunnel.on('error', () => undefined);
  tunnel.once('close', () => body.finish(undefined));
  return body;
}
