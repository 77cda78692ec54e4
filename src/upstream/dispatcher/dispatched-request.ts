/**
 * What a library asks of a dispatcher, as the request of a guarded call. The rules are those of undici, so
 * that nothing reaches a target's own client that it would refuse: that would look like a failure of the target.
 */
import { stringify } from 'node:querystring';
import type { Readable } from 'node:stream';
import { type Dispatcher, errors } from 'undici';
import { canonicalPath, OWN_PATHS } from '../../core/canonical-path.ts';
import type { MutableHeaders } from '../../core/headers.ts';
import { dispatchedBody } from './dispatched-body.ts';
import { dispatchedHeaders } from './dispatched-headers.ts';

export interface DispatchedRequest {
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  readonly query: string;
  readonly headers: MutableHeaders;
  readonly body: Uint8Array | Readable | undefined;
  /** Of a streamed body; `undefined` if it comes in chunks. */
  readonly length: number | undefined;
  /** To the head; 0: only the upstream's own bounds. */
  readonly headersTimeoutMs: number;
  /** Between two chunks of the answer; 0: only the upstream's own bounds. */
  readonly bodyTimeoutMs: number;
}

/** The upstream that a dispatcher calls. */
export interface DispatchedTo {
  readonly upstream: string;
  /** Gives the authorities of its targets. */
  readonly ownNames: () => ReadonlySet<string>;
}

/** Without those that the type does not know: callers are of any version. */
type Options = Dispatcher.DispatchOptions & { readonly throwOnError?: unknown };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PATH = /^\/[\u0021-\u00ff]*$/;

/** @throws {errors.InvalidArgumentError} {errors.NotSupportedError} GW_REQUEST_INVALID for a path with two readings */
export function dispatchedRequest(options: Options, to: DispatchedTo): DispatchedRequest {
  const { method, upgrade } = options;
  checkOrigin(options.origin, to);
  if (typeof method !== 'string' || !TOKEN.test(method)) invalid('invalid request method');
  if ((upgrade ?? false) !== false || method === 'CONNECT') {
    throw new errors.NotSupportedError('upgrades are not supported: use a route with websocket');
  }
  const [path, query] = targetOf(options);
  const headers = dispatchedHeaders(options.headers);
  const { body, length, type } = dispatchedBody(options.body, lengthOf(headers));
  if (type !== undefined) headers['content-type'] ??= type;
  if (length === undefined) delete headers['content-length'];
  else headers['content-length'] = String(length);
  return {
    method: method.toUpperCase() in COMMON ? method.toUpperCase() : method,
    path,
    query,
    headers,
    body,
    length,
    headersTimeoutMs: timeOf('headersTimeout', options.headersTimeout),
    bodyTimeoutMs: timeOf('bodyTimeout', options.bodyTimeout),
  };
}

/** undici takes these in any case. */
const COMMON = { DELETE: 0, GET: 0, HEAD: 0, OPTIONS: 0, POST: 0, PUT: 0, PATCH: 0, QUERY: 0 };

function invalid(message: string): never {
  throw new errors.InvalidArgumentError(message);
}

/** A redirect to another site must not be followed under the policies of this upstream. */
function checkOrigin(origin: string | URL | undefined, { upstream, ownNames }: DispatchedTo): void {
  if (origin === undefined || origin === null) return;
  const {
    protocol,
    host,
    origin: text,
  } = URL.parse(origin) ?? invalid(`invalid origin ${String(origin)}`);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  if (isWeb && (host === upstream.toLowerCase() || ownNames().has(host))) return;
  invalid(
    `this dispatcher calls the upstream "${upstream}" alone, at http://${upstream}: not ${text}`,
  );
}

/** The path and the query, with its `?`. */
function targetOf({ path: target, query }: Options): readonly [string, string] {
  if (typeof target !== 'string' || !PATH.test(target)) invalid('path must start with a slash');
  const at = target.indexOf('?');
  const path = canonicalPath(at < 0 ? target : target.slice(0, at), OWN_PATHS);
  const written = at < 0 ? '' : target.slice(at);
  if (query === undefined || query === null) return [path, written];
  if (at >= 0) invalid('give the query in the path, or as "query", not both');
  const text = stringify(query as NodeJS.Dict<string>);
  return [path, text === '' ? '' : `?${text}`];
}

function lengthOf({ 'content-length': text }: MutableHeaders): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text))
    invalid('invalid content-length header');
  return Number(text);
}

function timeOf(name: string, ms: number | null | undefined): number {
  if (ms === undefined || ms === null) return 0;
  return Number.isFinite(ms) && ms >= 0 ? ms : invalid(`invalid ${name}`);
}
