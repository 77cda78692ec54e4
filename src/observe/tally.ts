/**
 * Counts and times of one kind of event, kept as plain numbers until Prometheus scrapes them.
 *
 * prom-client hashes the labels of each observation and searches a map for its bucket. Four times per
 * request, that costs more than matching the request and forwarding its headers. Here an observation is a
 * few look-ups and three additions; the text is made at the scrape.
 */
import { counterName, type Family, labelText, type Named, valueText } from './family.ts';
import { WordTree } from './word-tree.ts';

/** A request that stands for others of its bucket, by its trace. */
interface Exemplar {
  readonly traceId: string;
  /** Seconds. */
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export interface TallyNames {
  /** Absent: only the times are told. */
  readonly counter?: Named;
  readonly histogram: Named;
  /** Labels of both the counter and the histogram. */
  readonly shared: readonly string[];
  /** Further labels of the counter. */
  readonly counted: readonly string[];
  /** Upper bounds in seconds. */
  readonly buckets: readonly number[];
}

/** One series of the histogram, with its counts. */
class Series {
  /** One per bound, then `+Inf`. Not cumulative. */
  readonly buckets: Float64Array;
  sum = 0;
  /** By the counter's further labels. */
  readonly counts = new WordTree<number>();
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
  readonly #series = new WordTree<Series>();
  /** Of the buckets, as text. */
  readonly #bounds: readonly string[];
  /** The counter, and the histogram. */
  readonly families: readonly Family[];

  constructor(names: TallyNames) {
    this.#names = names;
    this.#bounds = [...names.buckets.map(String), '+Inf'];
    const { counter, histogram } = names;
    this.families = [
      ...(counter === undefined
        ? []
        : [
            {
              ...counter,
              type: 'counter' as const,
              lines: (isOpen: boolean) => this.#counterLines(counter.name, isOpen),
            },
          ]),
      { ...histogram, type: 'histogram', lines: (isOpen) => this.#histogramLines(isOpen) },
    ];
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
      series.exemplars[bucket] = { traceId, value: seconds, timestamp: Date.now() / 1_000 };
    }
    const count = series.counts.at(counted);
    count.value = (count.value ?? 0) + 1;
  }

  /** Every series as it stands. */
  *counted(): Generator<Counted> {
    for (const { words, value } of this.#series.filled()) yield { words, series: value };
  }

  /** Drops everything with one of these values of a label, if it has that label for both. */
  forgetAll(label: string, gone: ReadonlySet<string>): void {
    const place = this.#names.shared.indexOf(label);
    if (place >= 0) this.#series.pruneAt(place, gone);
  }

  /** Drops the counts whose further labels begin with `counted`; the histogram keeps its observations. */
  forget(shared: readonly string[], counted: readonly string[]): void {
    this.#series.find(shared)?.counts.prune(counted);
  }

  *#counterLines(counter: string, isOpen: boolean): Generator<string> {
    const { shared, counted } = this.#names;
    const name = counterName(counter, isOpen);
    for (const { words, value } of this.#series.filled()) {
      const start = `${name}{${labelText(shared, words)},`;
      for (const count of value.counts.filled()) {
        yield `${start}${labelText(counted, count.words)}} ${valueText(count.value)}\n`;
      }
    }
  }

  *#histogramLines(isOpen: boolean): Generator<string> {
    const { shared } = this.#names;
    for (const { words, value } of this.#series.filled()) {
      yield this.#linesOf(value, labelText(shared, words), isOpen);
    }
  }

  /** In one piece: its last bucket and its count are equal. */
  #linesOf({ buckets, sum, exemplars }: Series, labels: string, isOpen: boolean): string {
    const { name } = this.#names.histogram;
    let text = '';
    let total = 0;
    for (const [i, bound] of this.#bounds.entries()) {
      total += buckets[i]!;
      const exemplar = isOpen ? exemplarText(exemplars?.[i]) : '';
      text += `${name}_bucket{le="${bound}",${labels}} ${valueText(total)}${exemplar}\n`;
    }
    return `${text}${name}_sum{${labels}} ${valueText(sum)}\n${name}_count{${labels}} ${valueText(total)}\n`;
  }
}

const exemplarText = (exemplar: Exemplar | undefined): string =>
  exemplar === undefined
    ? ''
    : ` # {trace_id="${exemplar.traceId}"} ${valueText(exemplar.value)} ${exemplar.timestamp}`;
