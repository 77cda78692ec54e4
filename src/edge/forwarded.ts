/**
 * The fields sent upstream: the client's, without those of its connection, plus the gateway's own.
 *
 * Only the gateway sets `X-Forwarded-*` and `Forwarded` (RFC 7239): from the peer, and from what trusted
 * proxies say about the client.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP, type MutableHeaders } from '../core/headers.ts';
import type { PeerInfo } from './peer.ts';

/**
 * Besides hop-by-hop fields: those that the gateway sets itself or, like `Expect`, answers itself (RFC
 * 9110 §10.1.1).
 */
const NOT_COPIED: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'host', 'expect', 'via']);

/** RFC 9110 §7.6.3. */
export const VIA = '1.1 portico';

/**
 * The client's fields that are passed on; these include `te: trailers`, since trailers are passed on too.
 */
export function forwardedHeaders(headers: IncomingHttpHeaders): MutableHeaders {
  const out: MutableHeaders = {};
  for (const name in headers) {
    if (!NOT_COPIED.has(name)) out[name] = headers[name]!;
  }
  if (headers.via !== undefined) out['via'] = `${headers.via}, ${VIA}`;
  if (acceptsTrailers(headers)) out['te'] = 'trailers';
  return out;
}

interface Client {
  readonly peer: PeerInfo;
  readonly host: string;
  readonly id: string;
}

/** The gateway's fields for every call made for a client's request. */
export function gatewayHeaders({ peer, host, id }: Client): MutableHeaders {
  const said: MutableHeaders = {
    via: VIA,
    'x-forwarded-for': peer.chain,
    'x-forwarded-host': host,
    'x-forwarded-proto': peer.scheme,
    forwarded: `${peer.forwardedFor};host="${host}";proto=${peer.scheme}${peer.forwardedBy}`,
    'x-request-id': id,
  };
  if (peer.passedOn !== undefined) Object.assign(said, peer.passedOn);
  return said;
}

/** RFC 9110 §10.1.4. */
export function acceptsTrailers({ te }: IncomingHttpHeaders): boolean {
  return typeof te === 'string' && /(^|,)\s*trailers\s*(,|$)/i.test(te);
}
