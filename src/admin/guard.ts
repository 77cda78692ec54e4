/**
 * Who may change the state of the gateway through the admin port, and who may read it.
 *
 * With `admin.token`, bearers of the token, under any `Host` and from any page: no browser adds the token by itself,
 * and none sends it to another origin, which would have to allow that. Without it, programs on this machine, but no web
 * page in a browser on this machine: neither a foreign page (`Origin`, or the content type of a form) nor one that has
 * rebound its name to our address (`Host`).
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface AdminCaller {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export const callerOf = ({ raw }: { readonly raw: IncomingMessage }): AdminCaller => ({
  remoteAddress: raw.socket.remoteAddress,
  headers: raw.headers,
});

const LOOPBACK_PEER = /^(127\.|::1$|::ffff:127\.)/;
const LOOPBACK_HOST =
  /^(localhost\.?|127\.\d+\.\d+\.\d+|\[(::|0:0:0:0:0:0:0:)1\]|\[::ffff:(127\.\d+\.\d+\.\d+|7f[\da-f]{2}:[\da-f]{1,4})\])(:\d+)?$/i;

/** @returns why state may not be changed; `undefined` if it may */
export function refusal(caller: AdminCaller, token: string | undefined): string | undefined {
  const { headers } = caller;
  if (token !== undefined) {
    return isBearer(headers.authorization, token) ? undefined : 'send the admin token';
  }
  if (!LOOPBACK_PEER.test(caller.remoteAddress ?? '')) {
    return 'set admin.token to change state from another machine';
  }
  if (!LOOPBACK_HOST.test(headers.host ?? '')) return 'the Host is not this machine';
  if (headers.origin !== undefined) return 'web pages may change state only with admin.token';
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' ? undefined : 'send application/json';
}

/**
 * Reading is open to the admin port's network. A browser on this machine reaches the port as well, and
 * shows pages of any origin. Its requests are recognised by `Host` and `Origin`, which pages cannot
 * choose.
 *
 * @returns why state may not be read; `undefined` if it may
 */
export function readRefusal(caller: AdminCaller, token: string | undefined): string | undefined {
  const { authorization, host = '', origin } = caller.headers;
  if (!LOOPBACK_PEER.test(caller.remoteAddress ?? '')) return undefined;
  if (token !== undefined && isBearer(authorization, token)) return undefined;
  if (!LOOPBACK_HOST.test(host)) return 'the Host is not this machine: use localhost';
  if (origin === undefined || origin === originOf(host)) return undefined;
  return 'pages of other origins may not read this';
}

/**
 * A trace says more than the state does: with `admin.token`, it is for bearers alone; without it, for this machine.
 * What {@link readRefusal} says holds too.
 *
 * @returns why traces may not be read; `undefined` if they may
 */
export function traceRefusal(
  { headers, remoteAddress }: AdminCaller,
  token: string | undefined,
): string | undefined {
  if (token !== undefined) {
    return isBearer(headers.authorization, token) ? undefined : 'send the admin token';
  }
  return LOOPBACK_PEER.test(remoteAddress ?? '')
    ? undefined
    : 'set admin.token to read traces from another machine';
}

/** As a browser writes it, without the default port. */
function originOf(host: string): string | undefined {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Compares digests, so that timing reveals neither the token nor its length. */
function isBearer(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(sent), digest(token));
}
