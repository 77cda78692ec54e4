/** Metrics of split routes: what their sides get, and which are out. */
import type { Families } from './families.ts';
import { type Reading, readings } from './readings.ts';

/** A split as far as its metrics tell. */
export interface MeasuredSplit {
  readonly route: string;
  sides(): readonly {
    readonly upstream: string;
    /** 0 to 1. */
    readonly share: number;
    /** Why it is out; absent: it is not. */
    readonly abort: unknown;
  }[];
}

export class SplitMetrics {
  readonly #requests;
  /** Those of the generation that serves. */
  #splits: Iterable<MeasuredSplit> = [];

  constructor(families: Families) {
    this.#requests = families.counter(
      'portico_split_requests_total',
      'Requests of split routes, by the side that got them.',
      ['route', 'upstream'],
    );
    const gauge = (name: string, help: string, value: (side: Side) => number): void =>
      families.add(
        readings({
          name,
          help,
          type: 'gauge',
          labels: ['route', 'upstream'],
          read: () => valuesOf(this.#splits, value),
        }),
      );
    gauge(
      'portico_split_weight',
      'The share of the requests that a side gets now, 0 to 1.',
      ({ share }) => share,
    );
    gauge(
      'portico_split_aborted',
      '1 for a side that was taken out, until an operator hands it back.',
      ({ abort }) => (abort === undefined ? 0 : 1),
    );
  }

  /** From now on these are told. */
  tell(splits: Iterable<MeasuredSplit>): void {
    this.#splits = splits;
  }

  count(route: string, upstream: string): void {
    this.#requests.inc({ route, upstream });
  }
}

type Side = ReturnType<MeasuredSplit['sides']>[number];

function* valuesOf(
  splits: Iterable<MeasuredSplit>,
  valueOf: (side: Side) => number,
): Generator<Reading> {
  for (const split of splits) {
    for (const side of split.sides()) yield [[split.route, side.upstream], valueOf(side)];
  }
}
