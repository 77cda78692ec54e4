/** Bodies on their way through a compressor. */
import { type Body, holdBody, pipeBody } from 'portico';
import type { Coding } from './accept-encoding.ts';
import { type Compressor, compressor, type Levels } from './compressors.ts';

/** No byte stays in a compressor for longer, nor is held back for the decision whether to compress, in milliseconds. */
const LONGEST_WAIT_MS = 20;
/** A compressed answer up to this length is sent whole, with its length, if its original was there. */
const WHOLE_BYTES = 65_536;

/** Places for answers that are being compressed: each takes memory for as long as its client reads. */
export interface Places {
  taken: number;
}

export interface Encoding {
  readonly coding: Coding;
  readonly levels: Levels;
  /** Of the original; `undefined`: it is not known. */
  readonly lengthBytes: number | undefined;
}

/** The body when it has `minimumBytes`, has ended, or its upstream pauses. */
export async function begun(body: Body, minimumBytes: number): Promise<Body> {
  const held = holdBody(body, Math.max(minimumBytes - 1, 0));
  const timer = setTimeout(() => held.release(), LONGEST_WAIT_MS);
  try {
    return await held.ready;
  } finally {
    clearTimeout(timer);
  }
}

/** Takes over `body`, and one of the places until the end. */
export async function compressed(body: Body, encoding: Encoding, places: Places): Promise<Body> {
  const { coding, levels, lengthBytes } = encoding;
  const isHere = body.isClosed;
  const made = compressor(coding, levels, lengthBytes);
  places.taken += 1;
  made.stream.once('close', () => (places.taken -= 1));
  if (!isHere) return pipeBody(body, made.stream, flushing(made));
  return holdBody(pipeBody(body, made.stream), WHOLE_BYTES).ready;
}

/** To be called when bytes were given to the compressor: what is in it leaves it within `LONGEST_WAIT_MS`. */
function flushing({ stream, flush }: Compressor): () => void {
  let timer: NodeJS.Timeout | undefined;
  stream.once('close', () => clearTimeout(timer));
  const flushed = (): void => {
    timer = undefined;
    flush();
  };
  return () => {
    if (!stream.destroyed) timer ??= setTimeout(flushed, LONGEST_WAIT_MS);
  };
}
