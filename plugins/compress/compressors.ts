/** Node's compressors, as answers on the way need them: quick, with a window no longer than the answer. */
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { Coding } from './accept-encoding.ts';

export type Levels = Readonly<Record<Coding, number>>;

/** A compressor, and what makes it give all that it holds. */
export interface Compressor {
  readonly stream: Transform;
  readonly flush: () => void;
}

/**
 * The longest windows, as powers of two. Every answer that is being compressed takes several times as much memory; longer
 * ones make little difference to most answers (RFC 9659 would allow 8 MiB).
 */
const LONGEST = { gzip: 15, br: 19, zstd: 19 } as const;
/** The shortest: zlib has known trouble with windows of 256 bytes, and zstd takes none below 10. */
const SHORTEST = { gzip: 9, br: 10, zstd: 10 } as const;

function windowFor(coding: Coding, lengthBytes: number | undefined): number {
  if (lengthBytes === undefined) return LONGEST[coding];
  const needed = Math.ceil(Math.log2(Math.max(lengthBytes, 1)));
  return Math.min(LONGEST[coding], Math.max(SHORTEST[coding], needed));
}

/** `lengthBytes`: of the whole answer; `undefined`: it is not known. */
export function compressor(
  coding: Coding,
  levels: Levels,
  lengthBytes: number | undefined,
): Compressor {
  const level = levels[coding];
  const window = windowFor(coding, lengthBytes);
  const { constants } = zlib;
  if (coding === 'gzip') {
    const stream = zlib.createGzip({ level, windowBits: window });
    return { stream, flush: () => stream.flush(constants.Z_SYNC_FLUSH) };
  }
  if (coding === 'br') {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: level,
      [constants.BROTLI_PARAM_LGWIN]: window,
      [constants.BROTLI_PARAM_SIZE_HINT]: lengthBytes ?? 0,
    };
    const stream = zlib.createBrotliCompress({ params });
    return { stream, flush: () => stream.flush(constants.BROTLI_OPERATION_FLUSH) };
  }
  const params = {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_windowLog]: window,
  };
  const stream = zlib.createZstdCompress({ params });
  return { stream, flush: () => stream.flush(constants.ZSTD_e_flush) };
}
