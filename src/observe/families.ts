/**
 * All metrics of one gateway, by name: counters, tallies and what is read at each scrape, and the text of all.
 */
import { sharedTurns } from '../core/slices.ts';
import { Counts } from './counts.ts';
import { exposition, formatFor } from './exposition.ts';
import type { Family } from './family.ts';
import type { ProcessMetrics } from './process-metrics.ts';
import { Tally, type TallyNames } from './tally.ts';

/** All metrics, to be read as they are made. */
export interface Scrape {
  readonly contentType: string;
  /** Whole lines each; no more are made than are read. */
  readonly pieces: AsyncGenerator<string>;
}

export class Families {
  readonly #byName = new Map<string, Family>();
  readonly #tallies: Tally[] = [];
  /** Those of plugins are asked for again with each generation. */
  readonly #ofPlugins = new Map<string, Counts>();
  readonly #turn = sharedTurns();
  /** Absent: the process is not watched. */
  ofProcess: ProcessMetrics | undefined;

  /** @throws {TypeError} if there is one of its name */
  add(family: Family): void {
    const { name } = family;
    if (this.#byName.has(name)) throw new TypeError(`there is a metric ${name} already`);
    this.#byName.set(name, family);
  }

  /** `collect` is called at each scrape, before the numbers are read. */
  counter<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    collect?: () => void,
  ): Counts<L> {
    const counter = new Counts({ name, help, labels, collect });
    this.add(counter);
    return counter;
  }

  tally(names: TallyNames): Tally {
    const tally = new Tally(names);
    for (const family of tally.families) this.add(family);
    this.#tallies.push(tally);
    return tally;
  }

  /**
   * A plugin's counter; the same one in each generation.
   *
   * @throws {TypeError} for a name or a label that Prometheus cannot read, and where the name is taken
   */
  pluginCounter(name: string, help: string, labels: readonly string[]): Counts {
    const full = name.startsWith('portico_') ? name : `portico_${name}`;
    const known = this.#ofPlugins.get(full);
    if (known === undefined) {
      const counter = this.counter(full, help, labels);
      this.#ofPlugins.set(full, counter);
      return counter;
    }
    if (known.labels.join() === labels.join()) return known;
    throw new TypeError(`there is a metric ${full} already, with other labels`);
  }

  /** Drops every series with one of these values of a label. */
  forget(label: string, gone: ReadonlySet<string>): void {
    for (const tally of this.#tallies) tally.forgetAll(label, gone);
    for (const family of this.#byName.values()) {
      if (family instanceof Counts) family.forget(label, gone);
    }
  }

  /** In the format that the scraper's `Accept` asks for. */
  scrape(accept: string | undefined): Scrape {
    const format = formatFor(accept);
    const [families, ofProcess, turn] = [this.#byName.values(), this.ofProcess, this.#turn];
    return {
      contentType: format.contentType,
      pieces: exposition({ families, ofProcess, turn }, format),
    };
  }
}
