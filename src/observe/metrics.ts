/**
 * The gateway's metrics for Prometheus; the main user of prom-client.
 *
 * Labels are never taken from a request: routes and upstreams are names in the config, and methods and
 * statuses come from fixed sets, with `other` for the rest. The registry belongs to one gateway.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { causeLabel } from '../core/cause.ts';
import type { StreamRecord } from '../core/stream-record.ts';
import { openMetrics, wantsOpenMetrics } from './open-metrics.ts';
import { statusLabel } from './status-label.ts';
import { type MeasuredStream, StreamMetrics } from './stream-metrics.ts';
import { type Counted, Tally } from './tally.ts';
import { upstreamGauges, type UpstreamGauges } from './state-gauges.ts';

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

const REFUSING_LIMITS = ['connections', 'address', 'descriptors'] as const;
type RefusingLimit = (typeof REFUSING_LIMITS)[number];

/** Names that no generation has any more. */
export interface GoneNames {
  readonly routes: Iterable<string>;
  readonly upstreams: Iterable<string>;
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

interface ObservedCertificate {
  readonly name: string;
  readonly expiresAt: Date;
}

const sumOf = (values: readonly { readonly value: number }[]): number =>
  values.reduce((sum, { value }) => sum + value, 0);

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Tally(
    {
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
    },
    this.#registry,
  );
  readonly #attempts = new Tally(
    {
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
    },
    this.#registry,
  );
  readonly #retries = this.#counter('portico_upstream_retries_total', 'Retries, by their reason.', [
    'upstream',
    'reason',
  ]);
  readonly #errors = this.#counter(
    'portico_errors_total',
    'Errors that the gateway itself answered, by their cause.',
    ['route', 'code', 'cause'],
  );
  readonly #refusedConnections = this.#counter(
    'portico_connections_refused_total',
    'Client connections closed at once, by limit.',
    ['limit'],
  );
  readonly #slotsGivenUp = this.#counter(
    'portico_slots_given_up_total',
    'Exchanges whose slow client had to give up its slot, by what was slow.',
    ['upstream', 'side'],
  );
  readonly #fallbacks = this.#counter(
    'portico_fallbacks_total',
    'Responses from a fallback, by reason.',
    ['route', 'reason'],
  );
  readonly #degradedParts = this.#counter(
    'portico_degraded_parts_total',
    'Parts missing from responses, by reason.',
    ['route', 'reason'],
  );
  readonly #spans = this.#counter(
    'portico_spans_total',
    'Spans that the collector got, or did not.',
    ['result'],
  );
  readonly #reloads = this.#counter('portico_config_reloads_total', 'Loads of the config.', [
    'result',
  ]);
  readonly #tlsReloads = this.#counter(
    'portico_tls_reloads_total',
    'Changes of the certificates of the listening port.',
    ['result'],
  );
  /** By listener. */
  readonly #certificatesOf = new Map<object, readonly ObservedCertificate[]>();
  readonly #certificates = new Gauge({
    name: 'portico_tls_certificate_expiry_seconds',
    help: 'When each certificate of a listener expires, in seconds since 1970.',
    labelNames: ['name'],
    registers: [this.#registry],
  });
  readonly #generation = new Gauge({
    name: 'portico_config_generation',
    help: 'Number of the config in use.',
    registers: [this.#registry],
  });
  readonly #lastLoad = new Gauge({
    name: 'portico_config_last_load_successful',
    help: '0 while the config that was read last is refused, and an earlier one serves.',
    registers: [this.#registry],
  });

  readonly #streams: StreamMetrics;

  /** All functions are called at each scrape. */
  constructor(
    upstreams: () => Iterable<UpstreamGauges>,
    droppedLogLines: () => number = () => 0,
    streams: () => Iterable<MeasuredStream> = () => [],
  ) {
    this.#startAtZero();
    this.#logLines(droppedLogLines);
    this.#streams = new StreamMetrics(this.#registry, streams);
    upstreamGauges(this.#registry, upstreams);
  }

  /** Adds Node's own metrics. From then on the process is watched, and nothing ends that: call it once. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** In the format that a scraper asks for: OpenMetrics, which has exemplars, or Prometheus' text. */
  async scraped(accept: string | undefined): Promise<{ type: string; text: string }> {
    const asked = wantsOpenMetrics(accept) ? openMetrics(this.#registry) : this.#registry;
    return { type: asked.contentType, text: await asked.metrics() };
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
  async events(): Promise<EventCounts> {
    const { values: errors } = await this.#errors.get();
    return {
      rateLimited: sumOf(errors.filter(({ labels }) => labels.code === 'GW_RATE_LIMITED')),
      degraded: sumOf((await this.#degradedParts.get()).values),
      fallbacks: sumOf((await this.#fallbacks.get()).values),
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
  async forget(gone: GoneNames): Promise<void> {
    for (const route of gone.routes) this.#requests.forgetAll(route);
    for (const upstream of gone.upstreams) this.#attempts.forgetAll(upstream);
    const [routes, upstreams] = [new Set<unknown>(gone.routes), new Set<unknown>(gone.upstreams)];
    for (const metric of this.#registry.getMetricsAsArray()) {
      if (!(metric instanceof Counter)) continue;
      const { values } = await metric.get();
      for (const { labels } of values) {
        if (routes.has(labels['route']) || upstreams.has(labels['upstream'])) metric.remove(labels);
      }
    }
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
    this.#degradedParts.inc({ route, reason });
  }

  countError(route: string, code: string, cause?: string): void {
    // To Prometheus an absent label and an empty one are the same.
    this.#errors.inc(
      cause === undefined ? { route, code } : { route, code, cause: causeLabel(cause) },
    );
  }

  observeLoad(result: 'applied' | 'rejected', generation?: number): void {
    this.#reloads.inc({ result });
    this.#lastLoad.set(result === 'applied' ? 1 : 0);
    if (generation !== undefined) this.#generation.set(generation);
  }

  countTlsReload(result: 'applied' | 'rejected'): void {
    this.#tlsReloads.inc({ result });
  }

  /** Reports the certificates that `listener` now uses, by their first names; of one name, the first to expire. */
  observeCertificates(listener: object, certificates: readonly ObservedCertificate[]): void {
    this.#certificatesOf.set(listener, certificates);
    const all = [...this.#certificatesOf.values()].flat();
    this.#certificates.reset();
    for (const { name, expiresAt } of all.toSorted((a, b) => +b.expiresAt - +a.expiresAt)) {
      this.#certificates.set({ name }, expiresAt.getTime() / 1_000);
    }
  }

  /** A plugin's counter; the same one in each generation. */
  pluginCounter(name: string, help: string, labelNames: readonly string[]): Counter {
    const full = name.startsWith('portico_') ? name : `portico_${name}`;
    const known = this.#registry.getSingleMetric(full);
    return known instanceof Counter ? known : this.#counter(full, help, labelNames);
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** Of a series that begins at 1, Prometheus sees no increase: those whose labels are known begin at 0. */
  #startAtZero(): void {
    for (const result of ['applied', 'rejected']) {
      this.#reloads.inc({ result }, 0);
      this.#tlsReloads.inc({ result }, 0);
    }
    for (const limit of REFUSING_LIMITS) this.#refusedConnections.inc({ limit }, 0);
    for (const result of ['sent', 'failed']) this.#spans.inc({ result }, 0);
  }

  #logLines(dropped: () => number): void {
    const counter = new Counter({
      name: 'portico_log_lines_dropped_total',
      help: 'Log lines that were dropped: a full disk, or a reader that stalls.',
      registers: [this.#registry],
      collect() {
        counter.reset();
        counter.inc(dropped());
      },
    });
  }
}
