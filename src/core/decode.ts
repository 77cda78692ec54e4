/**
 * Decodes a body to UTF-8: undoes content codings within a size limit, and converts from the charset
 * given by a byte order mark or declared.
 *
 * Parts are requested without a coding, but servers and caches may send one anyway.
 */
import type { InputType, ZlibOptions } from 'node:zlib';
import zlib from 'node:zlib';
import { GatewayError } from './errors.ts';
import { firstValue, type Headers } from './headers.ts';

type Decoder = (
  bytes: InputType,
  options: ZlibOptions,
  done: (error: Error | null, result: Buffer) => void,
) => void;

/** RFC 9110 §8.4.1, RFC 7932, RFC 8878. Some servers send deflate without the zlib wrapper. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: zlib.gunzip,
  'x-gzip': zlib.gunzip,
  deflate: (bytes, options, done) =>
    (isZlib(bytes as Buffer) ? zlib.inflate : zlib.inflateRaw)(bytes, options, done),
  br: zlib.brotliDecompress,
  zstd: (bytes, { maxOutputLength }, done) => zlib.zstdDecompress(bytes, { maxOutputLength }, done),
};

/** Nobody needs more codings than this, and each costs another pass. */
const MOST_CODINGS = 2;

/** The codings of a body in the order in which they were applied, without `identity`. */
export function codingsOf(value: Headers[string] | undefined): readonly string[] {
  if (value === undefined) return NONE;
  return String(value)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

const NONE: readonly string[] = [];

/** What is wrong: an unknown coding or charset, bytes that do not decode, or too many bytes. */
export type Undecodable = 'unknown' | 'broken' | 'large';

/** Makes the error, which depends on who sent the body. */
export type Refuse = (kind: Undecodable, why: string, cause?: Error) => GatewayError;

const ofUpstream: Refuse = (_kind, why, cause) =>
  new GatewayError('GW_UPSTREAM_INVALID', why, { cause });

/**
 * Undoes `codings`, the last one first; no step may produce more than `capBytes`.
 *
 * @throws what `refuse` makes, by default GW_UPSTREAM_INVALID
 */
export async function decode(
  bytes: Buffer,
  codings: readonly string[],
  capBytes: number,
  refuse: Refuse = ofUpstream,
): Promise<Buffer> {
  if (codings.length > MOST_CODINGS) throw refuse('unknown', 'it has too many content codings');
  let current = bytes;
  for (const coding of codings.toReversed()) {
    const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decoder === undefined) throw refuse('unknown', 'its content coding is unknown');
    // An answer without a body, such as one to HEAD.
    if (current.length === 0) return current;
    current = await undo(decoder, current, capBytes, refuse);
  }
  return current;
}

function undo(
  decoder: Decoder,
  bytes: Buffer,
  maxOutputLength: number,
  refuse: Refuse,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    decoder(bytes, { maxOutputLength }, (error, result) => {
      if (error === null) resolve(result);
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        reject(refuse('large', `body over ${maxOutputLength} bytes`));
      } else reject(refuse('broken', 'it cannot be decoded', error));
    });
  });
}

/** RFC 1950 §2.2. */
const isZlib = (bytes: Buffer): boolean =>
  bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;

const CHARSET = /;\s*charset\s*=\s*("?)([^\s;"]+)\1/i;
const UTF8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);

/**
 * `bytes` as UTF-8, without a byte order mark; the mark wins over the declared charset.
 *
 * @throws what `refuse` makes, by default GW_UPSTREAM_INVALID
 */
export function toUtf8(
  bytes: Buffer,
  contentType?: Headers[string],
  refuse: Refuse = ofUpstream,
): Buffer {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3);
  const label = markOf(bytes) ?? declared(firstValue(contentType), bytes);
  if (label === undefined) return bytes;
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch (error) {
    throw refuse('unknown', 'its charset is unknown', error as Error);
  }
  try {
    return Buffer.from(decoder.decode(bytes));
  } catch (error) {
    throw refuse('broken', 'it does not match its charset', error as Error);
  }
}

/** Does a content type declare a charset other than UTF-8? Most for JSON declare none. */
export const hasCharset = (contentType: Headers[string] | undefined): boolean =>
  typeof contentType === 'string' &&
  contentType !== 'application/json' &&
  charsetOf(contentType) !== undefined;

function charsetOf(contentType: string): string | undefined {
  const charset = CHARSET.exec(contentType)?.[2]?.toLowerCase();
  return charset === undefined || UTF8.has(charset) ? undefined : charset;
}

function markOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

function declared(contentType: string | undefined, bytes: Buffer): string | undefined {
  const charset = contentType && charsetOf(contentType);
  // Without a mark the first byte tells: JSON begins with an ASCII character (RFC 4627 §3).
  if (charset === 'utf-16') return bytes[0] === 0 ? 'utf-16be' : 'utf-16le';
  return charset === '' ? undefined : charset;
}
