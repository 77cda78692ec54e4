/**
 * The text of all metrics, in pieces, for a scraper that takes them as fast as it reads.
 *
 * With 10,000 routes the text is 20 MB long. It is never held as a whole, and never made for longer than a slice
 * at a time; scrapes that overlap share the turns. A value is as of the moment when its line is made.
 */
import { Slices } from '../core/slices.ts';
import { type Family, headOf } from './family.ts';
import type { ProcessMetrics } from './process-metrics.ts';

export interface Format {
  readonly isOpen: boolean;
  readonly contentType: string;
}

const TEXT: Format = { isOpen: false, contentType: 'text/plain; version=0.0.4; charset=utf-8' };
const OPEN_METRICS: Format = {
  isOpen: true,
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/**
 * The format that a scraper prefers: OpenMetrics, which has exemplars, or Prometheus' text. Prometheus lists the
 * first where it wants exemplars.
 */
export const formatFor = (accept: string | undefined): Format =>
  accept !== undefined && /(^|,)\s*application\/openmetrics-text\b/i.test(accept)
    ? OPEN_METRICS
    : TEXT;

/** In characters: about a millisecond of work. */
const PIECE_LENGTH = 64 * 1_024;

export interface Exposed {
  readonly families: Iterable<Family>;
  /** Absent: the process is not watched. */
  readonly ofProcess: ProcessMetrics | undefined;
  /** Waits for a turn; shared by all scrapes. */
  readonly turn: () => Promise<void>;
}

/** What has been made so far goes out in whole lines; whoever stops reading stops the work. */
export async function* exposition(
  { families, ofProcess, turn }: Exposed,
  { isOpen }: Format,
): AsyncGenerator<string> {
  const slices = new Slices(turn);
  await slices.next();
  let piece = '';
  for (const lines of texts(families, isOpen)) {
    piece += lines;
    if (piece.length < PIECE_LENGTH && !slices.isOver) continue;
    yield piece;
    piece = '';
    await slices.next();
  }
  yield `${piece}${(await ofProcess?.(isOpen)) ?? ''}${isOpen ? '# EOF\n' : ''}`;
}

function* texts(families: Iterable<Family>, isOpen: boolean): Generator<string> {
  for (const family of families) {
    yield headOf(family, isOpen);
    yield* family.lines(isOpen);
    // An empty line for readers; OpenMetrics allows none.
    if (!isOpen) yield '\n';
  }
}
