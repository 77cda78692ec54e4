/** What upstreams need from outside, and what they report. */
import type { Clock } from '../core/clock.ts';
import type { CircuitChange, CircuitName } from '../policies/circuit.ts';
import type { GivenUp } from '../policies/slot.ts';
import type { DiscoveryEvent } from './finder.ts';
import type { Names } from './names/names.ts';

/** Something that happened to a target, for the log. */
export type TargetEvent =
  | { readonly kind: 'unhealthy' | 'healthy'; readonly why: string }
  | { readonly kind: 'ejected'; readonly forMs: number }
  /** It has no health service, so it counts as healthy. */
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'readmitted' | 'added' | 'removed' };

/** Passed in, so that tests can replace it. */
export interface Surroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Only checking: no look-ups and no health checks. */
  readonly checking?: boolean;
  readonly names: Names;
  /** Called when a socket gets no file descriptor. */
  readonly onNoDescriptors?: () => void;
  /** Called when a circuit changes. */
  readonly onCircuit?: (upstream: string, state: CircuitName, change: CircuitChange) => void;
  /** Called for each exchange whose slow client had to give up its slot. */
  readonly onGivenUp?: (given: GivenUp) => void;
  /** Called when looking targets up begins to fail, or works again. */
  readonly onDiscovery?: (upstream: string, event: DiscoveryEvent) => void;
  /** Called once for each change of a target. */
  readonly onTarget?: (upstream: string, target: string, event: TargetEvent) => void;
}
