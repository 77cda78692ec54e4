/** Maps network errors to the gateway's codes. The client never sees more than the code. */
import { constants } from 'node:http2';
import { errors } from 'undici';
import { ERRORS, GatewayError, isGatewayError } from '../core/errors.ts';

const REFUSED_STREAM = constants.NGHTTP2_REFUSED_STREAM;

/** No address in time. */
export const NAME_TIMEOUT = 'NAME_TIMEOUT';
/** Of an answer over HTTP/2. */
export const HEAD_TOO_LONG = 'HEAD_TOO_LONG';

/** How far an attempt had come. */
export type Progress = 'connecting' | 'waiting' | 'reading';

/** Codes of Node and OpenSSL that say a certificate was not accepted. */
const CERTIFICATE = /^(ERR_TLS_CERT_|CERT_|DEPTH_|UNABLE_TO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;
/** The other side's word that it ends the handshake: `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`. */
const ALERT = /^ERR_SSL_.*_ALERT_/;
/** The same about our certificate: in TLS 1.3 it comes once we have begun, and nothing was taken. */
const REFUSES_CERTIFICATE = /^ERR_SSL_.*_ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|ACCESS_DENIED)$/;
/** Codes that say the two do not understand each other. */
const TLS = /^(ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** The error of ours for `error`, which happened at the target `origin`; the original is its cause. */
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

/** The reason why an attempt was given up, with the origin it was made to: a retry takes another. */
export function givenUp(reason: Error, origin: string): Error {
  if (!isGatewayError(reason) || ERRORS[reason.code].repeatable === 'never') return reason;
  const { code, message, options } = reason;
  return new GatewayError(code, message, { ...options, cause: reason, target: origin });
}

function connectError(code: string, cause: Error, target: string): GatewayError {
  const [detail, proxyStatus] = connectProblem(code);
  return new GatewayError('GW_UPSTREAM_CONNECT', detail, { cause, proxyStatus, target });
}

/** Says the upstream itself that it has not looked at the request? Then any method may be repeated. */
function isUntouched(error: Error, code: string): boolean {
  return (
    REFUSES_CERTIFICATE.test(code) ||
    // RFC 9113 §8.7: a stream that was refused, or is newer than the last one that GOAWAY names.
    h2CodeOf(error) === REFUSED_STREAM ||
    error.message.startsWith('HTTP/2: "GOAWAY" frame received')
  );
}

/** What the client reads, and the RFC 9209 §2.3 error type. */
function connectProblem(code: string): readonly [detail: string, proxyStatus: string] {
  if (code === 'ECONNREFUSED') return ['connection refused', 'connection_refused'];
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
    // A 101 that nobody asked for, and a status below 100: undici gives them no code.
    (code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(error.message)) ||
    code === 'ERR_ASSERTION'
  );
}

/** A connection tried on several addresses fails with all of their errors. */
function codeOf(error: Error): string {
  const own = (error as NodeJS.ErrnoException).code;
  if (typeof own === 'string') return own;
  return error instanceof AggregateError && error.errors[0] instanceof Error
    ? codeOf(error.errors[0])
    : '';
}
