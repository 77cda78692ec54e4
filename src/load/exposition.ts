/** Reads what a gateway's `/metrics` says, in Prometheus' text format. */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What the samples of two moments have in common: their difference, series by series. */
export class Exposition {
  readonly #samples: ReadonlyMap<string, Sample>;

  constructor(samples: ReadonlyMap<string, Sample>) {
    this.#samples = samples;
  }

  /** Lines that are not of this format are left out. */
  static read(text: string): Exposition {
    const samples = new Map<string, Sample>();
    for (const line of text.split('\n')) {
      const [, series, name, labels = '', value] =
        /^(([a-z_:][\w:]*)(?:\{(.*)\})?) (\S+)/i.exec(line) ?? [];
      if (series === undefined || name === undefined) continue;
      samples.set(series, { name, labels: readLabels(labels), value: Number(value) });
    }
    return new Exposition(samples);
  }

  /** What was added since `earlier`; for counters. */
  since(earlier: Exposition): Exposition {
    return new Exposition(
      new Map(
        [...this.#samples].map(([series, sample]) => {
          const before = earlier.#samples.get(series)?.value ?? 0;
          return [series, { ...sample, value: sample.value - before }];
        }),
      ),
    );
  }

  /** The samples of one name that are not 0. */
  of(name: string): Sample[] {
    return [...this.#samples.values()].filter((each) => each.name === name && each.value !== 0);
  }

  /** The sum of those that have these labels; 0 where there are none. */
  total(name: string, labels: Labels = {}): number {
    return this.of(name)
      .filter((sample) =>
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )
      .reduce((total, { value }) => total + value, 0);
  }

  /** Whether a gateway of ours said this. */
  get isOurs(): boolean {
    return [...this.#samples.values()].some(({ name }) => name === 'portico_config_generation');
  }
}

const ESCAPED: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

function readLabels(text: string): Labels {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
      name!,
      value!.replaceAll(/\\[\\"n]/g, (escape) => ESCAPED[escape]!),
    ]),
  );
}
