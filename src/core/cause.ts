/**
 * The cause of a gateway error in one word, for the log and metrics, never for clients. It is the code
 * that Node.js, OpenSSL or undici gave the original error, or the reason that the error itself states.
 */
import { isGatewayError } from './errors.ts';

/** How far chains of causes are followed. */
const MOST_STEPS = 5;

/** The causes that become metric labels; all others are `other`. */
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
  // Of Node's HTTP parser: https://github.com/nodejs/llhttp/blob/main/src/llhttp/constants.ts
  'HPE_CHUNK_EXTENSIONS_OVERFLOW',
  'HPE_CLOSED_CONNECTION',
  'HPE_CR_EXPECTED',
  'HPE_HEADER_OVERFLOW',
  'HPE_INVALID_CHUNK_SIZE',
  'HPE_INVALID_CONSTANT',
  'HPE_INVALID_CONTENT_LENGTH',
  'HPE_INVALID_EOF_STATE',
  'HPE_INVALID_HEADER_TOKEN',
  'HPE_INVALID_METHOD',
  'HPE_INVALID_STATUS',
  'HPE_INVALID_TRANSFER_ENCODING',
  'HPE_INVALID_URL',
  'HPE_INVALID_VERSION',
  'HPE_LF_EXPECTED',
  'HPE_STRICT',
  'HPE_UNEXPECTED_CONTENT_LENGTH',
  'HPE_UNEXPECTED_SPACE',
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

/** `undefined` if nothing is known beyond the error itself. */
export function causeOf(error: unknown): string | undefined {
  let current = error;
  for (let step = 0; step < MOST_STEPS && typeof current === 'object' && current !== null; step++) {
    const { cause, code, errors, options } = current as Chained;
    const said = options?.reason ?? pointerOf(options?.extensions?.['errors']);
    if (typeof said === 'string') return said;
    if (!isGatewayError(current) && typeof code === 'string') return code;
    // `errors` is from a connection that was tried on several addresses.
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

/** Clients may choose the names in a pointer, so its length is limited. */
const LONGEST_POINTER = 200;

/** The place where a body, a query or a path does not match its schema: `body/items/0/count`. */
function pointerOf(faults: unknown): string | undefined {
  if (!Array.isArray(faults)) return undefined;
  const { in: part = '', pointer } = (faults[0] ?? {}) as { in?: string; pointer?: unknown };
  return typeof pointer === 'string'
    ? `${part}${pointer || '/'}`.slice(0, LONGEST_POINTER)
    : undefined;
}

/** `causeOf` as a metric label. */
export function causeLabel(cause: string): string {
  if (COUNTED.has(cause)) return cause;
  if (cause.includes('/')) return 'schema';
  return 'other';
}
