/** Metrics of streams: how many are open, how they ended, and their bytes. */
import type { StreamRecord } from '../core/stream-record.ts';
import type { Counts } from './counts.ts';
import type { Families } from './families.ts';
import { type Reading, readings } from './readings.ts';
import { WordTree } from './word-tree.ts';

export interface MeasuredStream {
  readonly record: StreamRecord;
}

/** The registered codes below 3000 (RFC 6455 §7.4.2); those of applications are `other`. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
]);

/** Of gRPC (grpc/grpc, doc/statuscodes.md). */
const MOST_STATUS = 16;

export class StreamMetrics {
  readonly #ended: Counts<'route' | 'kind' | 'code'>;
  readonly #bytes: Counts<'route' | 'direction'>;

  /** `open` is called at each scrape. */
  constructor(families: Families, open: () => Iterable<MeasuredStream>) {
    families.add(
      readings({
        name: 'portico_streams_open',
        help: 'Open streams.',
        type: 'gauge',
        labels: ['route', 'kind'],
        read: () => numbersOf(open()),
      }),
    );
    this.#ended = families.counter(
      'portico_streams_total',
      'Streams that have ended, by their close code, status, or ending.',
      ['route', 'kind', 'code'],
    );
    this.#bytes = families.counter(
      'portico_stream_bytes_total',
      'Bytes of streams, from clients (received) and to them (sent).',
      ['route', 'direction'],
      () => {
        // Streams last for hours; their bytes are not to come all at once.
        for (const { record } of open()) this.#count(record);
      },
    );
  }

  ended(record: StreamRecord): void {
    const { route, kind, code } = record;
    this.#count(record);
    this.#ended.inc({ route, kind, code: codeLabel(kind, code) });
  }

  #count(record: StreamRecord): void {
    const { route } = record;
    const { received, sent } = record.takeBytes();
    this.#bytes.inc({ route, direction: 'received' }, received);
    this.#bytes.inc({ route, direction: 'sent' }, sent);
  }
}

/** Ends and upstreams choose their codes: only registered ones become labels. */
function codeLabel(kind: StreamRecord['kind'], code: StreamRecord['code']): string {
  if (typeof code === 'string') return code;
  const isKnown = kind === 'grpc' ? code <= MOST_STATUS : KNOWN_CODES.has(code);
  return isKnown ? String(code) : 'other';
}

function* numbersOf(open: Iterable<MeasuredStream>): Generator<Reading> {
  const numbers = new WordTree<number>();
  for (const { record } of open) {
    const series = numbers.at([record.route, record.kind]);
    series.value = (series.value ?? 0) + 1;
  }
  for (const { words, value } of numbers.filled()) yield [words, value];
}
