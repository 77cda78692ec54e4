/** What `GET /operations` and `GET /operations/{id}` tell. Guarded like traces, because answers of upstreams are data. */

export interface OperationList {
  /** Of each name with open operations, or with some that ended in the window; in the order of names. */
  readonly counts: readonly OperationCounts[];
  /** How far back ended operations are counted, in hours. */
  readonly windowHours: number;
  /** Newest first. */
  readonly items: readonly OperationSummary[];
  /** The `after` of the next page; absent where there is none. */
  readonly next?: string;
}

export interface OperationCounts {
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly running: number;
  readonly compensating: number;
  readonly stuck: number;
  /** In the window. */
  readonly completed: number;
  /** In the window. */
  readonly failed: number;
}

export type OperationStatus = 'running' | 'compensating' | 'completed' | 'failed' | 'stuck';

export interface OperationSummary {
  readonly id: string;
  readonly kind: 'saga' | 'command';
  readonly name: string;
  /** Of the definition that it runs by. */
  readonly version: string;
  readonly status: OperationStatus;
  readonly failureReason?: string;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly endedAt?: string;
  /** The consumer that started it: plugin, issuer and id. */
  readonly owner: string;
  /** 1, and one more with each retry and skip. */
  readonly run: number;
  /** The step at hand, or the one that is stuck. */
  readonly step?: string;
}

export interface OperationDetail extends OperationSummary {
  readonly currentStepIndex: number;
  readonly completedSteps: readonly string[];
  readonly compensatedSteps: readonly string[];
  readonly steps: readonly OperationStep[];
  /** The step that an operator must settle. */
  readonly stuckStep?: string;
  readonly cancelRequested?: true;
  /** The operator who cancelled it; absent if a client did. */
  readonly cancel?: { readonly by: string; readonly reason: string };
  /** What an operator can order now. */
  readonly can: readonly ('retry' | 'skip' | 'cancel')[];
  /** Of a command: the answer of its upstream. */
  readonly result?: unknown;
  /** The answers that were kept, by step. */
  readonly context: Readonly<Record<string, unknown>>;
  /** All that has happened, oldest first. */
  readonly history: readonly OperationEvent[];
}

export interface OperationStep {
  readonly name: string;
  readonly outcome: 'pending' | 'done' | 'failed' | 'unknown' | 'undoing' | 'undone';
  readonly attempts: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/**
 * `attempt`: a step was called; `undo`: its undo was. `halt`: nothing more is called forward; `turn`: from here on steps are
 * undone. `retry`, `skip`: an operator settled a stuck step.
 */
export interface OperationEvent {
  readonly what: 'attempt' | 'halt' | 'turn' | 'undo' | 'retry' | 'skip';
  readonly step: string;
  readonly at: string;
  /** Of a call, in milliseconds. */
  readonly ms?: number;
  /** Of a call: 1 for the first. */
  readonly attempt?: number;
  /**
   * Of a step: `done`, `refused` (never done), `notSent` (not done now), `unknown` (perhaps done). Of an undo: `done`, `nothing`
   * (there was nothing to undo), `failed`.
   */
  readonly outcome?: 'done' | 'refused' | 'notSent' | 'unknown' | 'nothing' | 'failed';
  /** That the upstream answered with. */
  readonly status?: number;
  /** Why a call failed, or nothing more is called: `GW_UPSTREAM_TIMEOUT`, `STATUS_402`, `cancelled`. */
  readonly why?: string;
  /** Of an operator's order: from where, and why. */
  readonly by?: string;
  readonly reason?: string;
}
