/** Errors as clients see them: always one RFC 9457 document, whichever part of the gateway sends it. */
import { ERRORS, type GatewayError } from '../core/errors.ts';

export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer for `error`; clients refer to it by `requestId`. */
export function problem(error: GatewayError, requestId: string): Problem {
  const row = ERRORS[error.code];
  const { headers, retryAfterMs, proxyStatus, extensions } = error.options;
  const document = {
    type: `urn:portico:error:${error.code}`,
    title: row.title,
    status: row.status,
    // A bug of ours is described in the log, not to the client.
    ...(error.code === 'GW_INTERNAL' ? {} : { detail: error.message }),
    instance: `urn:request:${requestId}`,
    ...extensions,
  };
  const retryAfter = retryAfterMs ?? (row.status === 503 ? 1_000 : undefined);
  return {
    status: row.status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'proxy-status': `portico; error=${proxyStatus ?? row.proxyStatus}`,
      'x-request-id': requestId,
      ...(retryAfter === undefined ? {} : { 'retry-after': `${Math.ceil(retryAfter / 1_000)}` }),
    },
    body: JSON.stringify(document),
  };
}

/** The answer as raw text, for a socket on which no request could be read. */
export function rawProblem(error: GatewayError, requestId: string): string {
  const { status, headers, body } = problem(error, requestId);
  const fields = {
    ...headers,
    'content-length': `${Buffer.byteLength(body)}`,
    connection: 'close',
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} ${ERRORS[error.code].title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
