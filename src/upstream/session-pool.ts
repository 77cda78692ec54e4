/**
 * A pool whose connections serve more than one request: TLS and HTTP/2 sessions, which one request
 * could spoil for all others.
 *
 * - undici asks for, and verifies, the name in a request's `Host`, and closes a connection that was
 *   opened for another one. Here the name is the target's, whatever a client sends as `Host`.
 * - Node.js ends an HTTP/2 session, with all its streams, over one field that HTTP/2 forbids
 *   (RFC 9113 §8.2.2); undici passes on those that it does not know. They are removed here.
 */
import { type Dispatcher, Pool } from 'undici';
import { connectionOptions, type MutableHeaders } from '../core/headers.ts';

export interface SessionPoolOptions extends Pool.Options {
  /** Absent: the target is an address, and so is its certificate's name. */
  readonly servername: string | undefined;
  /** HTTP/2 without TLS. undici's pool wants to know, too: it opens one session, not many. */
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

export class SessionPool extends Pool {
  /** One for all requests, and never empty: else undici takes the `Host`. */
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
    // The leaf's fields are a plain record; nobody else sends a client's.
    const headers = options.headers as MutableHeaders | null | undefined;
    if (headers) sent.headers = withoutConnection(headers);
    return super.dispatch(sent, handler);
  }
}

/** `headers` themselves in the common case: nothing to take out. */
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

/** RFC 9113 §8.2.2: `te` may say `trailers`, and nothing else. */
const isForbidden = (name: string, { te }: MutableHeaders): boolean =>
  FORBIDDEN.has(name) || (name === 'te' && te !== 'trailers');
