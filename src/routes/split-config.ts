/** A split as it runs: the sides between which a route divides its requests. */
import type { ActionConfig } from '../config/actions.ts';
import type { AbortConfig } from '../policies/side-abort.ts';
import type { WhenConfig } from './when-config.ts';

export interface SplitConfig extends ActionConfig {
  readonly kind: 'split';
  /** At least two, in the order of the file. The first takes the requests of a side that is aborted. */
  readonly sides: readonly SideConfig[];
  /** The source of the key that keeps a client on its side; absent: each request is drawn by itself. */
  readonly sticky?: string;
  /** Splits with the same salt put a client into the same bucket; absent: the name of the route. */
  readonly salt?: string;
}

export interface SideConfig {
  /** Its upstream, whose name is the name of the side. */
  readonly upstream: string;
  /** The forward action that answers its requests. */
  readonly forward: ActionConfig;
  /** Before the first step of the ramp; `undefined`, of the first side alone: the rest to 100. */
  readonly weight: number | undefined;
  /** In the order of time; empty: the weight stays. */
  readonly ramp: readonly RampStep[];
  /** Requests that come here whatever their bucket; absent: none. */
  readonly when?: WhenConfig;
  /** Absent: nobody but an operator takes it out. */
  readonly abort?: AbortConfig;
}

export interface RampStep {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly weight: number;
}
