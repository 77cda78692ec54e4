/**
 * The target of a request: its path, query and authority, read once and strictly.
 *
 * RFC 9112 §3.2: origin-form, absolute-form (which every server must accept, and whose authority replaces
 * Host), and asterisk-form for OPTIONS only.
 */
import type { IncomingMessage } from 'node:http';
import { canonicalHost } from '../core/canonical-host.ts';
import { canonicalPath, type PathRules } from '../core/canonical-path.ts';
import { GatewayError } from '../core/errors.ts';
import { isServed } from './methods.ts';

export interface RequestTarget {
  /** Canonical; `*` for the asterisk-form. */
  readonly path: string;
  /** With its `?`, byte for byte; empty if there is none. */
  readonly query: string;
  /** Canonical, with the port as sent. */
  readonly host: string;
}

export interface TargetRules {
  readonly paths: PathRules;
  readonly urlBytes: number;
  /** The limit for all fields together, with their separators. */
  readonly headersBytes: number;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
/** `: ` and the end of the line. */
const SEPARATORS_BYTES = 4;
/** Characters in a query that some upstream servers would read differently. */
const BAD_QUERY = /[^\x21-\x7e]|#/;

/**
 * Reads the target and the `Host` of `request`.
 *
 * @throws GW_REQUEST_INVALID, GW_URI_TOO_LONG, GW_HEADERS_TOO_LARGE, GW_METHOD_UNSUPPORTED
 */
export function readTarget(request: IncomingMessage, rules: TargetRules): RequestTarget {
  const { url = '', method } = request;
  if (url.length > rules.urlBytes) {
    throw new GatewayError('GW_URI_TOO_LONG', `more than ${rules.urlBytes} bytes`);
  }
  if (!isServed(method)) {
    throw new GatewayError('GW_METHOD_UNSUPPORTED', 'the method is not served');
  }
  const host = readHost(request, rules.headersBytes);
  if (url === '*') return asterisk(method, host);
  if (url.startsWith('/')) return split(url, host, rules.paths);
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) throw invalid('the request target is not valid');
  const [, authority = '', rest = ''] = absolute;
  const named = canonicalHost(authority);
  if (named === undefined) throw invalid('the authority of the target is not valid');
  return split(rest.startsWith('/') ? rest : `/${rest}`, named, rules.paths);
}

/** Longer paths are cut in the log. */
const SHOWN_PATH = 1_024;

/**
 * The path of a refused target, for the log: as it came, but without secrets (user name and password,
 * query), without control characters and raw bytes, and cut to length.
 */
export function refusedPath(url: string): string {
  const path = url
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replace(/^[^/]*@/, '');
  const shown = path.length > SHOWN_PATH ? `${path.slice(0, SHOWN_PATH)}…` : path;
  return shown.replaceAll(
    /[^\x21-\x7e…]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const invalid = (detail: string): GatewayError => new GatewayError('GW_REQUEST_INVALID', detail);

/**
 * RFC 9112 §3.2: exactly one `Host`, and a valid one. It also counts the bytes of the fields, because
 * this is the one loop over all of them, and Node's own limit includes the target.
 */
function readHost({ rawHeaders }: IncomingMessage, headersBytes: number): string {
  let host: string | undefined;
  let bytes = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    bytes += name.length + rawHeaders[i + 1]!.length + SEPARATORS_BYTES;
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) throw invalid('more than one Host');
    host = rawHeaders[i + 1]!;
  }
  if (bytes > headersBytes) {
    throw new GatewayError('GW_HEADERS_TOO_LARGE', `more than ${headersBytes} bytes`);
  }
  const canonical = host === undefined ? undefined : canonicalHost(host);
  if (canonical === undefined) throw invalid('Host is missing or not valid');
  return canonical;
}

function asterisk(method: string | undefined, host: string): RequestTarget {
  if (method !== 'OPTIONS') throw invalid('only OPTIONS may ask for *');
  return { path: '*', query: '', host };
}

function split(url: string, host: string, paths: PathRules): RequestTarget {
  const at = url.indexOf('?');
  if (at < 0) return { path: canonicalPath(url, paths), query: '', host };
  const query = url.slice(at);
  if (BAD_QUERY.test(query)) throw invalid('the query contains a character that must be escaped');
  return { path: canonicalPath(url.slice(0, at), paths), query, host };
}
