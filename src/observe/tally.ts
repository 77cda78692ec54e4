/**
 * Counts and times of one kind of event, kept as plain numbers and told to Prometheus when it asks.
 *
 * prom-client hashes the labels of each observation and walks a map for its bucket: four times a
 * request, that costs more than matching and forwarding its headers. Here an observation is one look-up
 * and three additions; the lines of the exposition are made at the scrape.
 */
import type { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName: string;
}

export interface TallyNames {
  readonly counter: { readonly name: string; readonly help: string };
  readonly histogram: { readonly name: string; readonly help: string };
  /** Upper bounds in seconds. */
  readonly buckets: readonly number[];
}

/** What has the same labels in the histogram. */
class Series {
  readonly labels: Labels;
  /** One more than there are bounds; the last is `+Inf`. Not cumulative. */
  readonly buckets: Float64Array;
  sum = 0;
  /** By the counter's further labels. */
  readonly counts = new Map<string, { readonly labels: Labels; count: number }>();

  constructor(labels: Labels, bounds: number) {
    this.labels = labels;
    this.buckets = new Float64Array(bounds + 1);
  }
}

export class Tally {
  readonly #names: TallyNames;
  readonly #series = new Map<string, Series>();

  constructor(names: TallyNames, registry: Registry) {
    this.#names = names;
    const { counter, histogram } = names;
    register(registry, { ...counter, type: 'counter', values: () => this.#counterValues() });
    register(registry, { ...histogram, type: 'histogram', values: () => this.#histogramValues() });
  }

  /**
   * One event. `key` and `detail` stand for the labels, which are asked for when they are new.
   *
   * @param key what the histogram tells apart
   * @param detail what the counter tells apart besides
   */
  observe(
    key: string,
    labels: () => Labels,
    detail: string,
    details: () => Labels,
    seconds: number,
  ): void {
    const { buckets: bounds } = this.#names;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(labels(), bounds.length);
      this.#series.set(key, series);
    }
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
    series.buckets[bucket]! += 1;
    series.sum += seconds;
    const known = series.counts.get(detail);
    if (known === undefined) series.counts.set(detail, { labels: details(), count: 1 });
    else known.count += 1;
  }

  #counterValues(): MetricValue[] {
    const metricName = this.#names.counter.name;
    return [...this.#series.values()].flatMap(({ labels, counts }) =>
      [...counts.values()].map(({ labels: more, count }) => ({
        labels: { ...labels, ...more },
        value: count,
        metricName,
      })),
    );
  }

  #histogramValues(): MetricValue[] {
    const { name } = this.#names.histogram;
    return [...this.#series.values()].flatMap((series) => this.#linesOf(series, name));
  }

  #linesOf({ labels, buckets, sum }: Series, name: string): MetricValue[] {
    const bounds = [...this.#names.buckets, '+Inf'];
    let total = 0;
    const lines = bounds.map((le, i) => {
      total += buckets[i]!;
      return { labels: { le, ...labels }, value: total, metricName: `${name}_bucket` };
    });
    return [
      ...lines,
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: total, metricName: `${name}_count` },
    ];
  }
}

interface Exposed {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  readonly values: () => MetricValue[];
}

/** The registry asks a metric for its name and, at a scrape, for all of it. */
function register(registry: Registry, { name, help, type, values }: Exposed): void {
  const metric = {
    name,
    get: async () => ({ name, help, type, values: values(), aggregator: 'sum' as const }),
  };
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}
