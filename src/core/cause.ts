/**
 * Why an error of ours came about, in one word: for log and metric, never for clients. It is the code that
 * Node.js, OpenSSL or undici gave what stands behind it, or what the error itself says of its cause.
 */
import { isGatewayError } from './errors.ts';

/** Errors that come from errors that come from errors … */
const MOST_STEPS = 5;

/** What may be a metric's label: all else there is `other`. */
const COUNTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EPROTO',
  'EMFILE',
  'ENFILE',
  'NAME_TIMEOUT',
  'HEAD_TOO_LONG',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'key-malformed',
  'key-unknown',
  'token-expired',
  'token-not-yet-valid',
  'token-signature',
  'token-issuer',
  'token-audience',
  'token-key',
  'token-revoked',
  'token-algorithm',
  'token-claims',
  'token-malformed',
]);

/** `undefined` where nothing is known but the error itself. */
export function causeOf(error: unknown): string | undefined {
  let current = error;
  for (let step = 0; step < MOST_STEPS && typeof current === 'object' && current !== null; step++) {
    const { cause, code, errors, options } = current as Chained;
    const said = options?.reason ?? pointerOf(options?.extensions?.['errors']);
    if (typeof said === 'string') return said;
    if (!isGatewayError(current) && typeof code === 'string') return code;
    // A connection that was tried on several addresses.
    current = cause ?? errors?.[0];
  }
  return undefined;
}

interface Chained {
  readonly cause?: unknown;
  readonly code?: unknown;
  readonly errors?: readonly unknown[];
  readonly options?: {
    readonly reason?: unknown;
    readonly extensions?: Readonly<Record<string, unknown>>;
  };
}

/** A client may have named what it leads to. */
const LONGEST_POINTER = 200;

/** Where a body, a query or a path is not what its schema says: `body/items/0/count`. */
function pointerOf(faults: unknown): string | undefined {
  if (!Array.isArray(faults)) return undefined;
  const { in: part = '', pointer } = (faults[0] ?? {}) as { in?: string; pointer?: unknown };
  return typeof pointer === 'string'
    ? `${part}${pointer || '/'}`.slice(0, LONGEST_POINTER)
    : undefined;
}

/** `causeOf` as a label of a metric. */
export function causeLabel(cause: string): string {
  if (COUNTED.has(cause)) return cause;
  if (cause.includes('/')) return 'schema';
  // Of Node's parser of HTTP, whose codes are a fixed set, too.
  return /^HPE_[A-Z_]{1,40}$/.test(cause) ? cause : 'other';
}
