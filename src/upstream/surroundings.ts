/** What the outside world provides to upstreams, and what it learns of them. */
import type { Clock } from '../core/clock.ts';
import type { CircuitChange, CircuitName } from '../policies/circuit.ts';
import type { GivenUp } from '../policies/slot.ts';
import type { DiscoveryEvent } from './finder.ts';
import type { Names } from './names/names.ts';

/** Something that happened to a target, for the log. */
export type TargetEvent =
  | { readonly kind: 'unhealthy' | 'healthy'; readonly why: string }
  | { readonly kind: 'ejected'; readonly forMs: number }
  | { readonly kind: 'readmitted' | 'added' | 'removed' };

/** Handed in, so that tests can. */
export interface Surroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Nobody is called: no look-ups, no health checks. */
  readonly checking?: boolean;
  readonly names: Names;
  /** Told when there was no file descriptor for a socket. */
  readonly onNoDescriptors?: () => void;
  /** Told when a circuit changes. */
  readonly onCircuit?: (upstream: string, state: CircuitName, change: CircuitChange) => void;
  /** Told of each exchange whose slow client had to give its slot to another. */
  readonly onGivenUp?: (given: GivenUp) => void;
  /** Told when looking targets up begins to fail, or goes well again. */
  readonly onDiscovery?: (upstream: string, event: DiscoveryEvent) => void;
  /** Told when a target changes; once for each change. */
  readonly onTarget?: (upstream: string, target: string, event: TargetEvent) => void;
}
