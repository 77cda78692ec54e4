/** Maps network errors to the gateway's codes. Clients never see the original error. */
import { constants } from 'node:http2';
import { errors } from 'undici';
import { ERRORS, GatewayError, isGatewayError } from '../core/errors.ts';

const REFUSED_STREAM = constants.NGHTTP2_REFUSED_STREAM;

/** The name did not resolve in time. */
export const NAME_TIMEOUT = 'NAME_TIMEOUT';
/** The head of an HTTP/2 response is too long. */
export const HEAD_TOO_LONG = 'HEAD_TOO_LONG';

/** How far an attempt got. */
export type Progress = 'connecting' | 'waiting' | 'reading';

/** Codes of Node and OpenSSL that say a certificate was not accepted. */
const CERTIFICATE = /^(ERR_TLS_CERT_|CERT_|DEPTH_|UNABLE_TO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;
/** An alert from the other side that ends the handshake: `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`. */
const ALERT = /^ERR_SSL_.*_ALERT_/;
/**
 * An alert about our certificate. In TLS 1.3 it comes after we begin to send, but nothing was processed.
 */
const REFUSES_CERTIFICATE = /^ERR_SSL_.*_ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|ACCESS_DENIED)$/;
/** Codes of a TLS failure in general. */
const TLS = /^(ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** The gateway's error for `error`, which happened at the target `origin`; the original is its cause. */
export function classify(error: Error, progress: Progress, origin: string): GatewayError {
  if (isGatewayError(error)) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === HEAD_TOO_LONG) {
    const detail = 'the response head is over the limit (limits.headers)';
    return new GatewayError('GW_UPSTREAM_HEADERS', detail, { cause: error });
  }
  if (isUnreadable(error, code)) {
    return new GatewayError(
      progress === 'reading' ? 'GW_BODY_TRUNCATED' : 'GW_UPSTREAM_PROTOCOL',
      'the answer is not valid HTTP',
      { cause: error },
    );
  }
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
    return new GatewayError('GW_INTERNAL', 'the request could not be sent', { cause: error });
  }
  if (progress === 'connecting' || (progress === 'waiting' && isUntouched(error, code))) {
    return connectError(code, error, origin);
  }
  if (progress === 'waiting') {
    const options = { cause: error, target: origin };
    return new GatewayError('GW_UPSTREAM_RESET', 'closed before it answered', options);
  }
  return new GatewayError('GW_BODY_TRUNCATED', 'the answer was cut short', { cause: error });
}

/** The reason why an attempt was given up, with its origin, so that a retry takes another target. */
export function givenUp(reason: Error, origin: string): Error {
  if (!isGatewayError(reason) || ERRORS[reason.code].repeatable === 'never') return reason;
  const { code, message, options } = reason;
  return new GatewayError(code, message, { ...options, cause: reason, target: origin });
}

function connectError(code: string, cause: Error, target: string): GatewayError {
  const [detail, proxyStatus] = connectProblem(code);
  return new GatewayError('GW_UPSTREAM_CONNECT', detail, { cause, proxyStatus, target });
}

/** Did the upstream say that it did not process the request? Then any method may be repeated. */
function isUntouched(error: Error, code: string): boolean {
  return (
    REFUSES_CERTIFICATE.test(code) ||
    // RFC 9113 §8.7: a refused stream, or one after the last stream that GOAWAY names.
    h2CodeOf(error) === REFUSED_STREAM ||
    error.message.startsWith('HTTP/2: "GOAWAY" frame received')
  );
}

/** The last two are those of a unix socket: there is no such file, or its queue of connections is full. */
const REFUSED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'EAGAIN']);

/** The detail for the client, and the error type of RFC 9209 §2.3. */
function connectProblem(code: string): readonly [detail: string, proxyStatus: string] {
  if (REFUSED.has(code)) return ['connection refused', 'connection_refused'];
  if (code === 'ENOTFOUND' || code.startsWith('EAI_'))
    return ['its name does not resolve', 'dns_error'];
  if (code === NAME_TIMEOUT) return ['its name did not resolve in time', 'dns_timeout'];
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return ['no connection in time', 'connection_timeout'];
  }
  if (ALERT.test(code)) return ['it refuses the secure connection', 'tls_alert_received'];
  if (CERTIFICATE.test(code)) return ['its certificate is not accepted', 'tls_certificate_error'];
  if (TLS.test(code)) return ['no secure connection', 'tls_protocol_error'];
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return ['no route to it', 'destination_ip_unroutable'];
  }
  return ['the connection failed', 'connection_terminated'];
}

const h2CodeOf = (error: Error): number | undefined =>
  (error as { readonly http2ErrorCode?: number }).http2ErrorCode;

function isUnreadable(error: Error, code: string): boolean {
  return (
    code.startsWith('HPE_') ||
    error.name === 'HTTPParserError' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    // An unsolicited 101, or a status below 100; undici gives these no code of their own.
    (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(error.message)) ||
    code === 'ERR_ASSERTION'
  );
}

/** A connection that was tried on several addresses fails with the errors of all. */
function codeOf(error: Error): string {
  const own = (error as NodeJS.ErrnoException).code;
  if (typeof own === 'string') return own;
  return error instanceof AggregateError && error.errors[0] instanceof Error
    ? codeOf(error.errors[0])
    : '';
}
