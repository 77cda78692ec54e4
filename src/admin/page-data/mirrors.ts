/** What `GET /mirrors` and `GET /mirrors/{route}` tell. Guarded like traces. */
import type { SeenDifference } from '../../routes/mirror/mirror-state.ts';

export interface MirrorList {
  /** In the order of the config. */
  readonly mirrors: readonly MirrorStatus[];
}

export interface MirrorStatus {
  readonly route: string;
  readonly upstream: string;
  /** Share of the requests that are copied. */
  readonly percent: number;
  /** Copies under way, to the end of their comparison; never more than `concurrency`. */
  readonly open: number;
  readonly concurrency: number;
  /** Copies by how they ended, or why they were not sent, since the mirror is as it is. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Absent if answers are not compared. */
  readonly comparison?: MirrorComparison;
}

/** Of the last comparisons: at least `promote.minimum` of them, if there were so many, and at most twice that. */
export interface MirrorComparison {
  readonly compared: number;
  readonly different: number;
  /** 0 to 1; 0 if nothing has been compared. */
  readonly ratio: number;
  /** Where they differ, with the number of answers, most first, up to 20. */
  readonly fields: readonly { readonly field: string; readonly answers: number }[];
  /** To the head of the answer, as each side took it; absent if nothing has been compared. */
  readonly primary?: MirrorLatency;
  readonly mirror?: MirrorLatency;
  /** `promote`, or `not yet:` and why. */
  readonly advice: string;
}

export interface MirrorLatency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly meanMs: number;
}

export interface MirrorDifferences {
  readonly route: string;
  readonly mirrors: readonly {
    readonly upstream: string;
    /** The latest first. */
    readonly differences: readonly SeenDifference[];
  }[];
}
