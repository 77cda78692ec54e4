/**
 * A pool for TLS and HTTP/2 sessions, whose connections serve many requests and which one request could
 * spoil for the others.
 *
 * - undici requests and verifies the name in a request's `Host`, and closes a connection that was opened
 *   for another name. Here the name is the target's, whatever a client sends as `Host`.
 * - Node.js ends an HTTP/2 session with all its streams because of one field that HTTP/2 forbids (RFC
 *   9113 §8.2.2). undici passes on those that it does not know; they are removed here.
 */
import type { Dispatcher, Pool } from 'undici';
import { connectionOptions, type MutableHeaders } from '../core/headers.ts';
import { RoomyPool } from './roomy-pool.ts';

export interface SessionPoolOptions extends Pool.Options {
  /** Absent if the target is an address, which its certificate must then name. */
  readonly servername: string | undefined;
  /** HTTP/2 without TLS. undici's pool needs it too, to open one session instead of many. */
  readonly useH2c: boolean;
}

const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

export class SessionPool extends RoomyPool {
  /** The same for all requests and never empty; otherwise undici uses the `Host`. */
  readonly #servername: string;

  constructor(origin: string, { servername, ...options }: SessionPoolOptions) {
    super(origin, options);
    this.#servername = servername ?? 'address';
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    // `servername` is not in the types of undici's requests.
    const sent = { ...options, servername: this.#servername };
    // The leaf sends fields as a plain record, and only the leaf sends client requests.
    const headers = options.headers as MutableHeaders | null | undefined;
    if (headers) sent.headers = withoutConnection(headers);
    return super.dispatch(sent, handler);
  }
}

/** Returns `headers` unchanged in the common case. */
function withoutConnection(headers: MutableHeaders): MutableHeaders {
  for (const name in headers) {
    if (isForbidden(name, headers)) return cleaned(headers);
  }
  return headers;
}

function cleaned(headers: MutableHeaders): MutableHeaders {
  const named = connectionOptions(headers['connection']);
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !isForbidden(name, headers) && !named.includes(name),
    ),
  );
}

/** RFC 9113 §8.2.2: the only allowed value of `te` is `trailers`. */
const isForbidden = (name: string, { te }: MutableHeaders): boolean =>
  FORBIDDEN.has(name) || (name === 'te' && te !== 'trailers');
