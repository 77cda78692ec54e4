/** Metrics of streams: how many are open, how they ended, and their bytes. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { StreamRecord } from '../core/stream-record.ts';

export interface MeasuredStream {
  readonly record: StreamRecord;
}

/** The registered codes below 3000 (RFC 6455 §7.4.2); those of applications are `other`. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
]);

export class StreamMetrics {
  readonly #ended: Counter<'route' | 'kind' | 'code'>;
  readonly #bytes: Counter<'route' | 'direction'>;

  /** `open` is called at each scrape. */
  constructor(registry: Registry, open: () => Iterable<MeasuredStream>) {
    const registers = [registry];
    const gauge = new Gauge({
      name: 'portico_streams_open',
      help: 'Open streams.',
      labelNames: ['route', 'kind'],
      registers,
      collect() {
        // Drops the series of routes that are gone.
        gauge.reset();
        for (const { record } of open()) gauge.inc({ route: record.route, kind: record.kind });
      },
    });
    this.#ended = new Counter({
      name: 'portico_streams_total',
      help: 'Streams that have ended, by their close code.',
      labelNames: ['route', 'kind', 'code'],
      registers,
    });
    const count = (record: StreamRecord): void => this.#count(record);
    this.#bytes = new Counter({
      name: 'portico_stream_bytes_total',
      help: 'Bytes of streams, from clients (received) and to them (sent).',
      labelNames: ['route', 'direction'],
      registers,
      collect() {
        // Streams last for hours; their bytes are not to come all at once.
        for (const { record } of open()) count(record);
      },
    });
  }

  ended(record: StreamRecord): void {
    const { route, kind, code } = record;
    this.#count(record);
    this.#ended.inc({ route, kind, code: KNOWN_CODES.has(code) ? String(code) : 'other' });
  }

  #count(record: StreamRecord): void {
    const { route } = record;
    const { received, sent } = record.takeBytes();
    this.#bytes.inc({ route, direction: 'received' }, received);
    this.#bytes.inc({ route, direction: 'sent' }, sent);
  }
}
