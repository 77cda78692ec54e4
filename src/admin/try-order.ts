/**
 * The request that an operator tries, as `POST /try` gets it: what no client could send, or what would make another
 * request of it on the way, is refused here.
 */
import { TOKEN } from '../config/schema/types.ts';
import type { AdminCaller } from './guard.ts';
import { type Orderer, readReason } from './reason.ts';

export interface TriedRequest {
  /** Name of the listener; `undefined`: whichever there is. */
  readonly listener: string | undefined;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
}

export const TRY_LIMITS = {
  path: 8_192,
  headers: 100,
  headerBytes: 8_192,
  bodyBytes: 262_144,
} as const;

const KEYS: readonly string[] = ['listener', 'method', 'path', 'headers', 'body', 'reason'];
/** Visible ASCII without a fragment: all else is written in percent-encoding. */
const PATH = /^\/[!-"$-~]*$/;
/** RFC 9110 §5.5, without what Node cannot send. */
const VALUE = /^[\t -~\u0080-\u00ff]*$/;
/** About the connection, which is ours; or about the length of the body, which we know. */
const OURS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @throws {TryError} */
export function readTry(
  written: unknown,
  caller: AdminCaller,
): { readonly request: TriedRequest; readonly by: Orderer } {
  if (typeof written !== 'object' || written === null) throw new TryError('send {"path": "/"}');
  const fields = written as Record<string, unknown>;
  const { listener, method = 'GET', path, headers = [], body, reason } = fields;
  const unknown = Object.keys(written).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new TryError(`unknown key ${JSON.stringify(unknown)}`);
  const by = readReason(reason, caller);
  if (typeof by === 'string') throw new TryError(by);
  if (listener !== undefined && typeof listener !== 'string') {
    throw new TryError('"listener" must be the name of one');
  }
  return {
    request: {
      listener,
      method: readMethod(method),
      path: readPath(path),
      headers: readHeaders(headers),
      body: readBody(body),
    },
    by,
  };
}

/** What was sent is no request that can be tried. */
export class TryError extends Error {
  override readonly name = 'TryError';
}

function readMethod(method: unknown): string {
  if (typeof method !== 'string' || method.length > 32 || !TOKEN.test(method)) {
    throw new TryError('"method" must be a method, such as "GET"');
  }
  if (method.toUpperCase() === 'CONNECT') throw new TryError('CONNECT cannot be tried');
  return method;
}

function readPath(path: unknown): string {
  if (typeof path === 'string' && path.length <= TRY_LIMITS.path && PATH.test(path)) return path;
  throw new TryError(
    `"path" must begin with "/", have no fragment, and be ASCII of up to ${TRY_LIMITS.path} characters`,
  );
}

function readHeaders(headers: unknown): TriedRequest['headers'] {
  if (!Array.isArray(headers) || headers.length > TRY_LIMITS.headers) {
    throw new TryError(`"headers" must be up to ${TRY_LIMITS.headers} pairs of name and value`);
  }
  const read = headers.map((each) => readHeader(each));
  if (read.filter(([name]) => name.toLowerCase() === 'host').length > 1) {
    throw new TryError('Host is there more than once');
  }
  return read;
}

function readHeader(pair: unknown): readonly [string, string] {
  const [name, value] = Array.isArray(pair) && pair.length === 2 ? (pair as unknown[]) : [];
  if (typeof name !== 'string' || typeof value !== 'string' || !TOKEN.test(name)) {
    throw new TryError('"headers" must be pairs of name and value');
  }
  if (OURS.has(name.toLowerCase())) throw new TryError(`${name} cannot be set`);
  if (value.length > TRY_LIMITS.headerBytes || !VALUE.test(value)) {
    throw new TryError(
      `the value of ${name} is too long, or has characters that no field may have`,
    );
  }
  return [name, value];
}

function readBody(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  const bytes = typeof body === 'string' ? Buffer.from(body) : undefined;
  if (bytes !== undefined && bytes.length <= TRY_LIMITS.bodyBytes) return bytes;
  throw new TryError(`"body" must be a text of up to ${TRY_LIMITS.bodyBytes} bytes`);
}
