/**
 * A counter: numbers by the values of its labels, of which there may only be so many.
 *
 * Plugins choose labels of their own, and one that takes them from requests would fill the memory. What comes
 * after the last series that may be is counted as `other`.
 */
import {
  checkNames,
  counterName,
  type Family,
  labelText,
  type Named,
  seriesText,
  valueText,
} from './family.ts';
import { WordTree } from './word-tree.ts';

/** Room for 10,000 routes with five statuses or codes each. */
const MOST_SERIES = 50_000;

export interface CountsOptions<L extends string> extends Named {
  readonly labels: readonly L[];
  /** Default: 50,000. */
  readonly mostSeries?: number;
  /** Called at each scrape, before the numbers are read: the time to count what is not counted at once. */
  readonly collect?: (() => void) | undefined;
}

export class Counts<L extends string = string> implements Family {
  readonly name: string;
  readonly help: string;
  readonly type = 'counter';
  readonly labels: readonly L[];
  readonly #mostSeries: number;
  readonly #collect: (() => void) | undefined;
  readonly #values = new WordTree<number>();
  #size = 0;

  /** @throws {TypeError} for names that Prometheus cannot read */
  constructor({ name, help, labels, mostSeries = MOST_SERIES, collect }: CountsOptions<L>) {
    checkNames(name, labels);
    this.name = name;
    this.help = help;
    this.labels = labels;
    this.#mostSeries = mostSeries;
    this.#collect = collect;
    if (labels.length === 0) this.#begin([], 0);
  }

  /**
   * An absent label counts as an empty one: to Prometheus they are the same.
   *
   * @throws {TypeError} for a label that it does not have, and for less than 0
   */
  inc(labels: Readonly<Partial<Record<L, string>>>, by = 1): void {
    if (!(by >= 0 && by < Infinity)) throw new TypeError(`${this.name} cannot grow by ${by}`);
    const words = this.#wordsOf(labels);
    const known = this.#values.find(words);
    if (known !== undefined) this.#values.at(words).value = known + by;
    else this.#begin(words, by);
  }

  /** Of a series that begins at 1, Prometheus sees no increase: where the values of a label are known, all begin at 0. */
  begin(label: L, values: readonly string[]): void {
    for (const value of values) this.inc({ [label]: value } as Record<L, string>, 0);
  }

  /** Drops the series with one of these values of a label, if it has that label. */
  forget(label: string, gone: ReadonlySet<string>): void {
    const place = (this.labels as readonly string[]).indexOf(label);
    if (place < 0 || gone.size === 0) return;
    this.#values.pruneAt(place, gone);
    this.#size = this.#values.size;
  }

  /** The sum of the series with these labels. */
  total(labels?: Readonly<Partial<Record<L, string>>>): number {
    const asked = this.labels.map((label) => labels?.[label]);
    let total = 0;
    for (const { words, value } of this.#values.filled()) {
      if (asked.every((word, i) => word === undefined || word === words[i])) total += value;
    }
    return total;
  }

  *lines(isOpen: boolean): Generator<string> {
    this.#collect?.();
    const name = counterName(this.name, isOpen);
    for (const { words, value } of this.#values.filled()) {
      yield `${seriesText(name, this.#textOf(words))} ${valueText(value)}\n`;
    }
  }

  #begin(words: readonly string[], by: number): void {
    const isFull = this.#size >= this.#mostSeries;
    const series = this.#values.at(isFull ? words.map(() => 'other') : words);
    if (series.value === undefined) this.#size += 1;
    series.value = (series.value ?? 0) + by;
  }

  #wordsOf(labels: Readonly<Partial<Record<L, string>>>): string[] {
    for (const label in labels) {
      if (this.labels.includes(label)) continue;
      throw new TypeError(`${this.name} has no label "${label}"`);
    }
    return this.labels.map((label) => wordOf(labels[label]));
  }

  #textOf(words: readonly string[]): string {
    if (!words.includes('')) return labelText(this.labels, words);
    const given = this.labels.filter((_, i) => words[i] !== '');
    return labelText(
      given,
      words.filter((word) => word !== ''),
    );
  }
}

/** Plugins in JavaScript may hand in numbers. */
const wordOf = (value: string | number | undefined): string => String(value ?? '');
