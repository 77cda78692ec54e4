/**
 * What belongs to one mirror of one route, and outlives generations: its open exchanges, what comparing has shown,
 * and the last answers that differed.
 */
import type { CompareConfig } from '../../config/build/mirror.ts';
import { Evidence } from './evidence.ts';
import type { DifferenceKind } from './differ.ts';

/** One answer that differed, without what it held. */
export interface SeenDifference {
  /** On the wall clock, as RFC 3339. */
  readonly at: string;
  readonly requestId: string;
  readonly method: string;
  /** Of the client's request, without its query. */
  readonly path: string;
  readonly primary: SeenSide;
  readonly mirror: SeenSide;
  readonly differences: readonly {
    readonly path: string;
    readonly kind: DifferenceKind;
    readonly primary: string;
    readonly mirror: string;
  }[];
  /** There may be more than these. */
  readonly isCut: boolean;
}

export interface SeenSide {
  /** The status, or the code of the failure. */
  readonly status: number | string;
  /** To the head of the answer. */
  readonly ms: number;
}

/** How a copy ended, or why none was sent. */
export const MIRROR_OUTCOMES = [
  'answered',
  'failed',
  'refused',
  'full',
  'large',
  'incomplete',
] as const;
export type MirrorOutcome = (typeof MIRROR_OUTCOMES)[number];

export class MirrorState {
  /** Exchanges under way, to the end of their comparison. */
  open = 0;
  /** Bytes of request bodies that are being copied. */
  copying = 0;
  readonly evidence = new Evidence();
  readonly outcomes = new Map<MirrorOutcome, number>();
  #seen: readonly SeenDifference[] = [];

  /** The last answers that differed, the latest first. */
  get seen(): readonly SeenDifference[] {
    return this.#seen;
  }

  count(outcome: MirrorOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  see(difference: SeenDifference, { keep }: Pick<CompareConfig, 'keep'>): void {
    if (keep > 0) this.#seen = [difference, ...this.#seen.slice(0, keep - 1)];
  }
}
