/**
 * The gateway's metrics for Prometheus.
 *
 * Labels are never taken from a request: routes and upstreams are names in the config, and methods, statuses and
 * causes come from fixed sets, with `other` for the rest. They belong to one gateway.
 */
import { causeLabel } from '../core/cause.ts';
import type { EngineHealth } from '../operations/engine-watch.ts';
import type { StreamRecord } from '../core/stream-record.ts';
import { ConfigMetrics } from './config-metrics.ts';
import type { Counts } from './counts.ts';
import { Families, type Scrape } from './families.ts';
import { MirrorMetrics } from './mirror-metrics.ts';
import { OperationMetrics } from './operation-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { reading } from './readings.ts';
import { upstreamGauges, type UpstreamGauges } from './state-gauges.ts';
import { reasonLabel, statusLabel } from './status-label.ts';
import { SplitMetrics } from './split-metrics.ts';
import { type MeasuredStream, StreamMetrics } from './stream-metrics.ts';
import type { Counted } from './tally.ts';

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
]);

/** Seconds. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const REFUSING_LIMITS = ['connections', 'address', 'descriptors', 'proxyProtocol'] as const;
type RefusingLimit = (typeof REFUSING_LIMITS)[number];

/** Names that no generation has any more. */
export interface GoneNames {
  readonly routes: ReadonlySet<string>;
  readonly upstreams: ReadonlySet<string>;
}

export interface RequestObservation {
  readonly route: string;
  readonly endpoint: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  /** Of its trace, if a collector gets it. */
  readonly traceId?: string | undefined;
}

export interface EventCounts {
  /** Requests that a rate limit refused. */
  readonly rateLimited: number;
  /** Parts that answers lacked. */
  readonly degraded: number;
  /** Answers of a fallback. */
  readonly fallbacks: number;
}

export class Metrics {
  readonly #families = new Families();
  readonly #requests = this.#families.tally({
    counter: {
      name: 'portico_requests_total',
      help: 'Client requests, by their response.',
    },
    histogram: {
      name: 'portico_request_duration_seconds',
      help: 'Time from the head of a request to the end of its response.',
    },
    shared: ['route', 'endpoint', 'method'],
    counted: ['status'],
    buckets: BUCKETS,
  });
  readonly #attempts = this.#families.tally({
    counter: {
      name: 'portico_upstream_requests_total',
      help: 'Attempts, by the status of the response or the code of the failure.',
    },
    histogram: {
      name: 'portico_upstream_duration_seconds',
      help: 'Time from the start of an attempt to its response head.',
    },
    shared: ['upstream'],
    counted: ['target', 'status'],
    buckets: BUCKETS,
  });
  readonly #retries = this.#families.counter(
    'portico_upstream_retries_total',
    'Retries, by their reason.',
    ['upstream', 'reason'],
  );
  readonly #errors = this.#families.counter(
    'portico_errors_total',
    'Errors that the gateway itself answered, by their cause.',
    ['route', 'code', 'cause'],
  );
  readonly #refusedConnections = this.#families.counter(
    'portico_connections_refused_total',
    'Client connections closed at once, by limit.',
    ['limit'],
  );
  readonly #slotsGivenUp = this.#families.counter(
    'portico_slots_given_up_total',
    'Exchanges whose slow client had to give up its slot, by what was slow.',
    ['upstream', 'side'],
  );
  readonly #fallbacks = this.#families.counter(
    'portico_fallbacks_total',
    'Responses from a fallback, by reason.',
    ['route', 'reason'],
  );
  readonly #degradedParts = this.#families.counter(
    'portico_degraded_parts_total',
    'Parts missing from responses, by reason.',
    ['route', 'reason'],
  );
  readonly #spans = this.#families.counter(
    'portico_spans_total',
    'Spans that the collector got, or did not.',
    ['result'],
  );
  readonly config = new ConfigMetrics(this.#families);
  readonly splits = new SplitMetrics(this.#families);
  readonly mirrors = new MirrorMetrics(this.#families, BUCKETS);

  readonly #streams: StreamMetrics;

  /** All functions are called at each scrape. */
  constructor(
    upstreams: () => Iterable<UpstreamGauges>,
    droppedLogLines: () => number = () => 0,
    streams: () => Iterable<MeasuredStream> = () => [],
  ) {
    this.#refusedConnections.begin('limit', REFUSING_LIMITS);
    this.#spans.begin('result', ['sent', 'failed']);
    for (const family of upstreamGauges(upstreams)) this.#families.add(family);
    this.#families.add(
      reading(
        'counter',
        {
          name: 'portico_log_lines_dropped_total',
          help: 'Log lines that were dropped: a full disk, or a reader that stalls.',
        },
        droppedLogLines,
      ),
    );
    this.#streams = new StreamMetrics(this.#families, streams);
  }

  /** Adds those of operations, for a gateway that has a store: call it once. */
  ofOperations(health: () => EngineHealth | undefined): OperationMetrics {
    return new OperationMetrics(this.#families, health);
  }

  /** Adds Node's own metrics. From then on the process is watched, and nothing ends that: call it once. */
  watchProcess(): void {
    this.#families.ofProcess = processMetrics();
  }

  /** All metrics, in the format that the scraper's `Accept` asks for. */
  scrape(accept: string | undefined): Scrape {
    return this.#families.scrape(accept);
  }

  /** All of it in Prometheus' text format. */
  async text(): Promise<string> {
    return (await Array.fromAsync(this.scrape(undefined).pieces)).join('');
  }

  countSpans(count: number, result: 'sent' | 'failed'): void {
    this.#spans.inc({ result }, count);
  }

  observeRequest({ route, endpoint, method, status, seconds, traceId }: RequestObservation): void {
    const known = METHODS.has(method) ? method : 'other';
    this.#requests.observe([route, endpoint, known], [statusLabel(status)], seconds, traceId);
  }

  /** Requests so far; the first word of each series is the route. */
  get requests(): Iterable<Counted> {
    return this.#requests.counted();
  }

  /** Attempts so far; the first word of each series is the upstream, the last one of each count the outcome. */
  get attempts(): Iterable<Counted> {
    return this.#attempts.counted();
  }

  /** Events so far, of all routes. */
  events(): EventCounts {
    return {
      rateLimited: this.#errors.total({ code: 'GW_RATE_LIMITED' }),
      degraded: this.#degradedParts.total(),
      fallbacks: this.#fallbacks.total(),
    };
  }

  observeAttempt(upstream: string, target: string, status: string, seconds: number): void {
    this.#attempts.observe([upstream], [target, status], seconds);
  }

  /** Drops the series of a target that is gone. */
  forgetTarget(upstream: string, target: string): void {
    this.#attempts.forget([upstream], [target]);
  }

  /** Drops the series of routes and upstreams that are gone. */
  forget({ routes, upstreams }: GoneNames): void {
    this.#families.forget('route', routes);
    this.#families.forget('upstream', upstreams);
  }

  /** A stream has ended. */
  countStream(record: StreamRecord): void {
    this.#streams.ended(record);
  }

  countRetry(upstream: string, reason: string): void {
    this.#retries.inc({ upstream, reason });
  }

  countSlotGivenUp(upstream: string, side: string): void {
    this.#slotsGivenUp.inc({ upstream, side });
  }

  /** Refused by the overall limit, by the limit of one address, or for lack of file descriptors. */
  countRefusedConnection(limit: RefusingLimit): void {
    this.#refusedConnections.inc({ limit });
  }

  countFallback(route: string, reason: string): void {
    this.#fallbacks.inc({ route, reason });
  }

  countDegradedPart(route: string, reason: string): void {
    this.#degradedParts.inc({ route, reason: reasonLabel(reason) });
  }

  countError(route: string, code: string, cause?: string): void {
    this.#errors.inc(
      cause === undefined ? { route, code } : { route, code, cause: causeLabel(cause) },
    );
  }

  /** A plugin's counter; see {@link Families.pluginCounter}. */
  pluginCounter(name: string, help: string, labels: readonly string[]): Counts {
    return this.#families.pluginCounter(name, help, labels);
  }
}
