/** The client's half of a WebSocket's opening handshake (RFC 6455 §4.2), and where it may come from. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GatewayError } from '../core/errors.ts';
import { joinedValue, type HeaderValue } from '../core/headers.ts';
import type { ClientExchange } from './client-exchange.ts';

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
/** The one version that exists (RFC 6455 §4.4). */
const VERSION = '13';

/**
 * Refuses what a lenient upstream might answer, and a strict one not: the connection would speak one
 * protocol to us and another to them.
 *
 * @throws GW_REQUEST_INVALID
 */
export function checkHandshake(headers: IncomingHttpHeaders, isUpgradable: boolean): void {
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = headers;
  if (!isUpgradable) {
    throw new GatewayError(
      'GW_REQUEST_INVALID',
      'a request for a WebSocket has no body, and does not follow one that is not answered yet',
    );
  }
  if (version !== VERSION) {
    throw new GatewayError('GW_REQUEST_INVALID', 'Sec-WebSocket-Version must be 13', {
      headers: { 'sec-websocket-version': VERSION },
    });
  }
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new GatewayError('GW_REQUEST_INVALID', 'Sec-WebSocket-Key is not 16 bytes in base64');
  }
}

/**
 * Keeps pages of other sites from opening a socket as a user whose cookies the browser adds. Unlike other
 * requests, CORS does not hold here: browsers ask nobody (RFC 6455 §10.2).
 *
 * @throws GW_ORIGIN_DENIED
 */
export function checkOrigin(
  { origin, cookie }: IncomingHttpHeaders,
  { host }: Pick<ClientExchange, 'host'>,
  allowed: readonly string[] | undefined,
): void {
  // No browser leaves it out.
  if (origin === undefined) return;
  if (allowed === undefined ? cookie === undefined : allowed.includes(origin)) return;
  if (allowed === undefined && isSame(origin, host)) return;
  throw new GatewayError('GW_ORIGIN_DENIED', 'pages of this origin may not open sockets here');
}

/** By the host alone: TLS may have ended in front of us. */
function isSame(origin: string, host: string): boolean {
  if (!/^https?:/.test(origin) || !URL.canParse(origin)) return false;
  const own = `${new URL(origin).protocol}//${host}`;
  // The host was made canonical: it has no dot at its end, though the page's own may have one.
  const dotless = origin.replace(/\.(:\d+)?$/, '$1');
  return URL.canParse(own) && dotless === new URL(own).origin;
}

/**
 * The subprotocol to answer with where the upstream has chosen none. If a plugin has taken what the client
 * offered, such as a token, the first of that is chosen: browsers fail without any (Fetch standard).
 */
export function subprotocolFor(
  { headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
  chosen: HeaderValue | undefined,
): string | undefined {
  if (chosen !== undefined) return joinedValue(chosen);
  const left = headers['sec-websocket-protocol'];
  const offered = rawHeaders.filter(
    (_value, i) => i % 2 === 1 && /^sec-websocket-protocol$/i.test(rawHeaders[i - 1]!),
  );
  const taken = offered.flatMap(listed);
  const kept = left === undefined ? [] : listed(left);
  return taken.find((each) => !kept.includes(each));
}

const listed = (value: string): string[] => value.split(',').map((each) => each.trim());
