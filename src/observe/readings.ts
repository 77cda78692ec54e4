/** Metrics that are read at each scrape, so that nothing is stored twice. */
import {
  counterName,
  type Family,
  labelText,
  type Named,
  seriesText,
  valueText,
} from './family.ts';

/** The values of the labels, and the number. */
export type Reading = readonly [values: readonly string[], value: number];

export interface ReadingsOptions extends Named {
  readonly type: 'counter' | 'gauge';
  readonly labels: readonly string[];
  /** Called at each scrape. It must not yield the same labels twice, even if something changes meanwhile. */
  readonly read: () => Iterable<Reading>;
}

export function readings({ name, help, type, labels, read }: ReadingsOptions): Family {
  return {
    name,
    help,
    type,
    *lines(isOpen) {
      const sample = type === 'counter' ? counterName(name, isOpen) : name;
      for (const [values, value] of read()) {
        yield `${seriesText(sample, labelText(labels, values))} ${valueText(value)}\n`;
      }
    },
  };
}

/** One number without labels. */
export const reading = (
  type: 'counter' | 'gauge',
  named: Named,
  read: () => number | undefined,
): Family =>
  readings({
    ...named,
    type,
    labels: [],
    *read() {
      const value = read();
      if (value !== undefined) yield [[], value];
    },
  });
