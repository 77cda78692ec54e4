/**
 * Decodes a body to UTF-8: undoes content codings under a cap, and converts from the charset that is
 * declared or shown by a byte order mark.
 *
 * Parts are requested without a coding, but servers, and caches before them, send what they like.
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

/** RFC 9110 §8.4.1, RFC 7932, RFC 8878; what some servers call deflate has no zlib around it. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: zlib.gunzip,
  'x-gzip': zlib.gunzip,
  deflate: (bytes, options, done) =>
    (isZlib(bytes as Buffer) ? zlib.inflate : zlib.inflateRaw)(bytes, options, done),
  br: zlib.brotliDecompress,
  zstd: (bytes, { maxOutputLength }, done) => zlib.zstdDecompress(bytes, { maxOutputLength }, done),
};

/** More of them than that nobody needs, and each costs another pass. */
const MOST_CODINGS = 2;

/** The codings of a body in the order in which they were applied; none of them is `identity`. */
export function codingsOf(value: Headers[string] | undefined): readonly string[] {
  if (value === undefined) return NONE;
  return String(value)
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

const NONE: readonly string[] = [];

/** What is wrong: a coding or charset that is not known, bytes that are not of it, or too many. */
export type Undecodable = 'unknown' | 'broken' | 'large';

/** The error for whoever sent it. */
export type Refuse = (kind: Undecodable, why: string, cause?: Error) => GatewayError;

const ofUpstream: Refuse = (_kind, why, cause) =>
  new GatewayError('GW_UPSTREAM_INVALID', why, { cause });

/**
 * Undoes `codings`, the last one first; no step makes more than `capBytes`.
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
    // Of an answer without a body, such as to HEAD.
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
 * `bytes` as UTF-8, without a byte order mark, which counts before what is declared.
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

/** Does a content type declare one that is not UTF-8? Most of JSON's declare none. */
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
  // Without a mark: JSON begins with an ASCII character (RFC 4627 §3).
  if (charset === 'utf-16') return bytes[0] === 0 ? 'utf-16be' : 'utf-16le';
  return charset === '' ? undefined : charset;
}
