/**
 * Every error the gateway answers with, and the one class that carries it.
 *
 * The code decides the status, the title, the RFC 9209 error type, whether the upstream is to blame
 * (a breaker counts it) and whether a retry is safe. No other place chooses a status.
 */

/** May a call that failed like this be sent again? `any` method, `idempotent` ones, or `never`. */
export type Repeatable = 'any' | 'idempotent' | 'never';

interface ErrorRow {
  readonly status: number;
  readonly title: string;
  /** `Proxy-Status` error type, RFC 9209 §2.3. */
  readonly proxyStatus: string;
  readonly blamesUpstream: boolean;
  readonly repeatable: Repeatable;
}

const row = (
  status: number,
  title: string,
  proxyStatus: string,
  blames = false,
  repeatable: Repeatable = 'never',
): ErrorRow => ({ status, title, proxyStatus, blamesUpstream: blames, repeatable });

// prettier-ignore
export const ERRORS = {
  GW_REQUEST_INVALID:    row(400, 'Request is not valid',                      'http_request_error'),
  GW_IDEMPOTENCY_KEY:    row(400, 'Idempotency-Key is missing or not valid',   'http_request_error'),
  GW_OPERATION_UNKNOWN:  row(400, 'Operation is not known',                    'http_request_denied'),
  GW_TOKEN_MISSING:      row(401, 'Credentials are missing',                   'http_request_denied'),
  GW_TOKEN_INVALID:      row(401, 'Credentials are not valid',                 'http_request_denied'),
  GW_SCOPE_INSUFFICIENT: row(403, 'Credentials do not permit this',            'http_request_denied'),
  GW_ADDRESS_DENIED:     row(403, 'Address is not allowed',                    'http_request_denied'),
  GW_ORIGIN_DENIED:      row(403, 'Request comes from another site',           'http_request_denied'),
  GW_ROUTE_NOT_FOUND:    row(404, 'Nothing is served here',                    'destination_not_found'),
  GW_OPERATION_NOT_FOUND: row(404, 'There is no such operation',               'destination_not_found'),
  GW_METHOD_NOT_ALLOWED: row(405, 'Method is not served here',                 'http_request_denied'),
  GW_NOT_ACCEPTABLE:     row(406, 'Nothing that the client accepts is served', 'http_request_denied'),
  GW_REQUEST_TIMEOUT:    row(408, 'Request took too long to arrive',           'http_request_error'),
  GW_OPERATION_STATE:    row(409, 'Not possible in the state of the operation', 'http_request_denied'),
  GW_OPERATION_FAILED:   row(409, 'The operation has failed',                  'http_request_denied'),
  GW_IDEMPOTENCY_RUNNING: row(409, 'The first request with this key still runs', 'http_request_denied'),
  GW_IDEMPOTENCY_UNKNOWN: row(409, 'The outcome of the first request is not known', 'http_request_denied'),
  GW_GONE:               row(410, 'This version is no longer served',          'http_request_denied'),
  GW_BODY_TOO_LARGE:     row(413, 'Request body is too large',                 'http_request_denied'),
  GW_URI_TOO_LONG:       row(414, 'Request target is too long',                'http_request_error'),
  GW_MEDIA_TYPE:         row(415, 'Media type is not supported',               'http_request_denied'),
  GW_EXPECTATION:        row(417, 'Expectation cannot be met',                 'http_request_error'),
  GW_IDEMPOTENCY_MISMATCH: row(422, 'Idempotency-Key was used for another request', 'http_request_denied'),
  GW_RATE_LIMITED:       row(429, 'Too many requests',                         'http_request_denied'),
  GW_QUOTA_EXCEEDED:     row(429, 'Quota is used up',                          'http_request_denied'),
  GW_CONSUMER_STREAMS:   row(429, 'Too many streams of one consumer',          'connection_limit_reached'),
  GW_HEADERS_TOO_LARGE:  row(431, 'Request header fields are too large',       'http_request_error'),
  GW_CLIENT_CLOSED:      row(499, 'Client closed the request',                 'connection_terminated'),
  GW_INTERNAL:           row(500, 'Internal error',                            'proxy_internal_error'),
  GW_REQUEST_OVER:       row(500, 'The request was answered before this call', 'proxy_internal_error'),
  GW_METHOD_UNSUPPORTED: row(501, 'Method is not supported',                   'http_request_error'),
  GW_UPSTREAM_CONNECT:   row(502, 'Upstream cannot be reached',                'connection_refused',        true,  'any'),
  GW_UPSTREAM_RESET:     row(502, 'Upstream closed before it answered',        'connection_terminated',     true,  'idempotent'),
  GW_UPSTREAM_PROTOCOL:  row(502, 'Upstream answer cannot be read',            'http_protocol_error',       true),
  GW_UPSTREAM_INVALID:   row(502, 'Upstream answer is not valid',              'http_response_incomplete',  true),
  GW_UPSTREAM_HEADERS:   row(502, 'Upstream response head is too long',        'http_response_header_section_size'),
  GW_BODY_TRUNCATED:     row(502, 'Upstream answer was cut short',             'http_response_incomplete',  true),
  GW_OVERLOADED:         row(503, 'Gateway is overloaded',                     'connection_limit_reached'),
  GW_BULKHEAD_FULL:      row(503, 'Upstream is at its concurrency limit',      'connection_limit_reached'),
  GW_TOO_MANY_STREAMS:   row(503, 'Upstream has too many open streams',        'connection_limit_reached'),
  GW_CIRCUIT_OPEN:       row(503, 'Upstream keeps failing and is not called',  'destination_unavailable'),
  GW_NO_TARGET:          row(503, 'Upstream has no target',                    'destination_unavailable'),
  GW_SHUTTING_DOWN:      row(503, 'Gateway is shutting down',                  'destination_unavailable'),
  GW_STREAM_ENDED:       row(503, 'Gateway has ended the stream',              'connection_terminated'),
  GW_DEPENDENCY_DOWN:    row(503, 'A service the gateway needs is unreachable','destination_unavailable'),
  GW_UPSTREAM_TIMEOUT:   row(504, 'Upstream did not answer in time',           'http_response_timeout',     true,  'idempotent'),
  GW_DEADLINE_EXCEEDED:  row(504, 'The call exceeded its deadline',            'http_response_timeout',     true),
  GW_CLIENT_DEADLINE:    row(504, 'The time that the client gives is over',    'http_response_timeout'),
  GW_CONFIG_INVALID:     row(500, 'Configuration is not valid',                'proxy_configuration_error'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export interface GatewayErrorOptions {
  readonly cause?: unknown;
  /** Response fields that go with the error: `Allow`, `WWW-Authenticate`. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** When the client may try again; sent as `Retry-After`, rounded up to whole seconds. */
  readonly retryAfterMs?: number;
  /** Origin whose attempt failed; for retries and logs, never for clients. */
  readonly target?: string;
  /** For GW_INTERNAL: the plugin hook that threw an unexpected error; for logs, never for clients. */
  readonly thrownBy?: { readonly plugin: string; readonly hook: string };
  /** Why, in one word such as `token-expired`; for logs and metrics, never for clients. */
  readonly reason?: string;
  /** A more exact RFC 9209 error type than the table's, such as `dns_error`. */
  readonly proxyStatus?: string;
  /** Extension members of the problem document, such as the faults of a body. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Works across copies of the package, where `instanceof` fails. */
const BRAND: unique symbol = Symbol.for('portico.error') as never;

/**
 * An error that the gateway answers with. `detail` reaches the client, so it never holds an address, a
 * path of this machine or a stack.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  /** The status the client gets; Fastify reads it too. */
  readonly statusCode: number;
  readonly options: GatewayErrorOptions;

  constructor(code: ErrorCode, detail: string, options: GatewayErrorOptions = {}) {
    // Shed load must stay cheap: a stack costs more than the whole refusal.
    const { status } = ERRORS[code];
    const limit = Error.stackTraceLimit;
    if (status === 429 || status === 503 || status === 499) Error.stackTraceLimit = 0;
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = limit;
    this.code = code;
    this.statusCode = status;
    this.options = options;
  }
}

/** Is `error` a GatewayError, from any copy of this module? */
export function isGatewayError(error: unknown): error is GatewayError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/**
 * `error` itself if it is a GatewayError, or the one that a `fetch` failed with; otherwise GW_INTERNAL around
 * it, because an unexpected error is our bug.
 */
export function toGatewayError(error: unknown): GatewayError {
  if (isGatewayError(error)) return error;
  // `fetch` wraps whatever went wrong: `TypeError: fetch failed`, or `terminated` while the body comes.
  if (error instanceof TypeError && isGatewayError(error.cause)) return error.cause;
  return new GatewayError('GW_INTERNAL', 'an unexpected error', { cause: error });
}

/** The log fields of a bug: what was thrown, and by which hook if that is known. */
export function bugOf(error: unknown): { readonly err: unknown } {
  if (!isGatewayError(error)) return { err: toError(error) };
  return { err: toError(error.cause ?? error), ...error.options.thrownBy };
}

/** Wraps anything thrown that is not an Error, so that logs always show one. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(`${textOf(thrown)} was thrown`, { cause: thrown });

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'an object that is not an Error' : String(value);

/** Is the upstream to blame for this failure, so that its circuit counts it? */
export function blamesUpstream(error: unknown): boolean {
  return isGatewayError(error) && ERRORS[error.code].blamesUpstream;
}
