/**
 * A body as the bytes of UTF-8 that it means: content codings undone under a cap, and the charset that is
 * declared, or shown by a byte order mark, turned into UTF-8.
 *
 * Parts are asked for without a coding; but servers, and caches before them, send what they like.
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

/**
 * Undoes `codings`, the last one first; no step makes more than `capBytes`.
 *
 * @throws GW_UPSTREAM_INVALID for one that is unknown or broken, and past the cap
 */
export async function decode(
  bytes: Buffer,
  codings: readonly string[],
  capBytes: number,
): Promise<Buffer> {
  if (codings.length > MOST_CODINGS) throw invalid('it is encoded too often');
  let current = bytes;
  for (const coding of codings.toReversed()) {
    const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decoder === undefined) throw invalid('its coding is unknown');
    // Of an answer without a body, such as to HEAD.
    if (current.length === 0) return current;
    current = await undo(decoder, current, capBytes);
  }
  return current;
}

function undo(decoder: Decoder, bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    decoder(bytes, { maxOutputLength }, (error, result) => {
      if (error === null) resolve(result);
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        reject(invalid(`body over ${maxOutputLength} bytes`));
      } else reject(invalid('it can not be decoded', error));
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
 * @throws GW_UPSTREAM_INVALID where the charset is unknown, or the bytes are not of it
 */
export function toUtf8(bytes: Buffer, contentType?: Headers[string]): Buffer {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3);
  const label = markOf(bytes) ?? declared(firstValue(contentType), bytes);
  if (label === undefined) return bytes;
  try {
    return Buffer.from(new TextDecoder(label, { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid('its charset can not be read', error as Error);
  }
}

/** Does a content type declare one? Most of JSON's do not, or say what goes without saying. */
export const hasCharset = (contentType: Headers[string] | undefined): boolean =>
  typeof contentType === 'string' &&
  contentType !== 'application/json' &&
  CHARSET.test(contentType);

function markOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

function declared(contentType: string | undefined, bytes: Buffer): string | undefined {
  const charset = contentType && CHARSET.exec(contentType)?.[2]?.toLowerCase();
  if (charset === undefined || charset === '' || UTF8.has(charset)) return undefined;
  // Without a mark: JSON begins with an ASCII character (RFC 4627 §3).
  if (charset === 'utf-16') return bytes[0] === 0 ? 'utf-16be' : 'utf-16le';
  return charset;
}

const invalid = (why: string, cause?: Error): GatewayError =>
  new GatewayError('GW_UPSTREAM_INVALID', why, { cause });
