/** What `GET /migration` tells. Guarded like traces. */
import type { MirrorComparison, MirrorLatency } from './mirrors.ts';
import type { SideStatus } from './status.ts';

/** Routes that say who owns them, that are split, or that have a mirror. */
export interface MigrationList {
  /** The span over which the calls of sides are counted. */
  readonly windowSeconds: number;
  /** In the order of the config. */
  readonly routes: readonly MigrationStatus[];
  /** Upstreams that nothing calls: replaced, or not used yet. */
  readonly unused: readonly string[];
}

export interface MigrationStatus {
  readonly route: string;
  /** As in {@link RouteStatus}. */
  readonly match: readonly string[];
  /** As the config says, or else the first side; absent if there is neither. */
  readonly owner?: string;
  /** The old one first; one if the route is not split, none if it does not forward. */
  readonly sides: readonly MigrationSide[];
  readonly mirrors: readonly MigrationMirror[];
  /** Since when its config, defaults included, is what it is: since the start at most. */
  readonly changed?: { readonly at: string; readonly generation: number };
  readonly next: NextStep;
}

export interface MigrationSide extends SideStatus {
  /** Of the window, since it was last handed back; absent if the route is not split. */
  readonly traffic?: SideTraffic;
}

export interface SideTraffic {
  readonly calls: number;
  /** As `abort` counts them. */
  readonly failures: number;
  /** To the head of an answer; absent if there was none. */
  readonly latency?: MirrorLatency;
}

export interface MigrationMirror {
  readonly upstream: string;
  /** Absent if answers are not compared. */
  readonly comparison?: MigrationComparison;
}

/** With up to three fields. */
export interface MigrationComparison extends MirrorComparison {
  /** So many must be compared before it may be promoted. */
  readonly minimum: number;
}

export interface NextStep {
  readonly step:
    | 'none'
    | 'seam'
    | 'mirror'
    | 'compare'
    | 'wait'
    | 'differs'
    | 'promote'
    | 'begin'
    | 'ramp'
    | 'grow'
    | 'failing'
    | 'aborted'
    | 'finish'
    | 'tidy'
    | 'done';
  /** For people. */
  readonly words: string;
}
