/**
 * Counts and times of one kind of event, kept as plain numbers until Prometheus scrapes them.
 *
 * prom-client hashes the labels of each observation and searches a map for its bucket. Four times per
 * request, that costs more than matching the request and forwarding its headers. Here an observation is a
 * few look-ups and three additions; the text is made at the scrape.
 */
import type { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName: string;
  readonly exemplar?: Exemplar | undefined;
}

/** A request that stands for others of its bucket, by its trace. */
interface Exemplar {
  readonly labelSet: { readonly trace_id: string };
  /** Seconds. */
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export interface TallyNames {
  readonly counter: { readonly name: string; readonly help: string };
  readonly histogram: { readonly name: string; readonly help: string };
  /** Labels of both the counter and the histogram. */
  readonly shared: readonly string[];
  /** Further labels of the counter. */
  readonly counted: readonly string[];
  /** Upper bounds in seconds. */
  readonly buckets: readonly number[];
}

/** Finds a value by a list of words, without building a key; V8 keeps the hash of each word. */
class Tree<T> {
  readonly words: readonly string[];
  value: T | undefined;
  readonly #children = new Map<string, Tree<T>>();

  constructor(words: readonly string[] = []) {
    this.words = words;
  }

  at(words: readonly string[], from = 0): Tree<T> {
    const word = words[from];
    if (word === undefined) return this;
    return (this.#children.get(word) ?? this.#grow(word)).at(words, from + 1);
  }

  /** Drops everything below `words`. */
  prune(words: readonly string[]): void {
    const last = words.at(-1);
    if (last !== undefined) this.at(words.slice(0, -1)).#children.delete(last);
  }

  /** This tree and every one below it that holds a value. */
  *filled(): Generator<{ readonly words: readonly string[]; readonly value: T }> {
    if (this.value !== undefined) yield { words: this.words, value: this.value };
    for (const child of this.#children.values()) yield* child.filled();
  }

  #grow(word: string): Tree<T> {
    const child = new Tree<T>([...this.words, word]);
    this.#children.set(word, child);
    return child;
  }
}

/** One series of the histogram, with its counts. */
class Series {
  /** One per bound, then `+Inf`. Not cumulative. */
  readonly buckets: Float64Array;
  sum = 0;
  /** By the counter's further labels. */
  readonly counts = new Tree<number>();
  /** The last ones, by bucket; made with the first. */
  exemplars: (Exemplar | undefined)[] | undefined;

  constructor(bounds: number) {
    this.buckets = new Float64Array(bounds + 1);
  }
}

/** What a series has counted since it began; the numbers are live, so copy what must stay. */
export interface Counted {
  /** Values of the shared labels. */
  readonly words: readonly string[];
  /** The same object for as long as the series exists. */
  readonly series: {
    /** One per bound, then those beyond the last. Not cumulative. */
    readonly buckets: Readonly<Float64Array>;
    /** By the values of the counter's further labels. */
    readonly counts: {
      filled(): Iterable<{ readonly words: readonly string[]; readonly value: number }>;
    };
  };
}

export class Tally {
  readonly #names: TallyNames;
  readonly #series = new Tree<Series>();

  constructor(names: TallyNames, registry: Registry) {
    this.#names = names;
    const { counter, histogram } = names;
    register(registry, { ...counter, type: 'counter', values: () => this.#counterValues() });
    register(registry, { ...histogram, type: 'histogram', values: () => this.#histogramValues() });
  }

  /**
   * Counts one event; `shared` and `counted` are the values of those labels. `traceId` is that of its trace, if a
   * collector has it.
   */
  observe(
    shared: readonly string[],
    counted: readonly string[],
    seconds: number,
    traceId?: string,
  ): void {
    const { buckets: bounds } = this.#names;
    const series = (this.#series.at(shared).value ??= new Series(bounds.length));
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
    series.buckets[bucket]! += 1;
    series.sum += seconds;
    if (traceId !== undefined) {
      series.exemplars ??= [];
      series.exemplars[bucket] = exemplarOf(traceId, seconds);
    }
    const count = series.counts.at(counted);
    count.value = (count.value ?? 0) + 1;
  }

  /** Every series as it stands. */
  *counted(): Generator<Counted> {
    for (const { words, value } of this.#series.filled()) yield { words, series: value };
  }

  /** Drops everything whose first label has the value `first`. */
  forgetAll(first: string): void {
    this.#series.prune([first]);
  }

  /** Drops the counts whose further labels begin with `counted`; the histogram keeps its observations. */
  forget(shared: readonly string[], counted: readonly string[]): void {
    this.#series.at(shared).value?.counts.prune(counted);
  }

  #counterValues(): MetricValue[] {
    const { counter, shared, counted } = this.#names;
    return [...this.#series.filled()].flatMap((series) =>
      [...series.value.counts.filled()].map(({ words, value }) => ({
        labels: { ...labelled(shared, series.words), ...labelled(counted, words) },
        value,
        metricName: counter.name,
      })),
    );
  }

  #histogramValues(): MetricValue[] {
    const { histogram, shared } = this.#names;
    return [...this.#series.filled()].flatMap(({ words, value }) =>
      this.#linesOf(value, labelled(shared, words), histogram.name),
    );
  }

  #linesOf({ buckets, sum, exemplars }: Series, labels: Labels, name: string): MetricValue[] {
    const bounds = [...this.#names.buckets, '+Inf'];
    let total = 0;
    const lines = bounds.map((le, i) => {
      total += buckets[i]!;
      const exemplar = exemplars?.[i];
      return { labels: { le, ...labels }, value: total, metricName: `${name}_bucket`, exemplar };
    });
    return [
      ...lines,
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: total, metricName: `${name}_count` },
    ];
  }
}

const exemplarOf = (traceId: string, seconds: number): Exemplar => ({
  labelSet: { trace_id: traceId },
  value: seconds,
  timestamp: Date.now() / 1_000,
});

const labelled = (names: readonly string[], values: readonly string[]): Labels =>
  Object.fromEntries(names.map((name, i) => [name, values[i]!]));

interface Exposed {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  readonly values: () => MetricValue[];
}

/** The registry needs a metric's name and, at a scrape, its values. */
function register(registry: Registry, { name, help, type, values }: Exposed): void {
  const metric = {
    name,
    get: async () => ({ name, help, type, values: values(), aggregator: 'sum' as const }),
  };
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}
