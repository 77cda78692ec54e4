/**
 * What runs operations and keeps them. It executes what `next` says and records it; it knows nothing of HTTP, and no
 * action knows what it is made of.
 *
 * Every method rejects with GW_DEPENDENCY_DOWN when the store does not answer in time. Then a start
 * may still be accepted, and so is repeated with the same id.
 */
import type { SagaDefinition, StepCall } from '../config/build/saga-config.ts';
import type { RecordStore } from './record-store.ts';
import type { History, OrderItem, Outcome } from './history.ts';

export type OperationStatus = 'running' | 'compensating' | 'completed' | 'failed' | 'stuck';

/** Who started an operation, as far as its steps may know. */
export interface Starter {
  readonly id: string;
  readonly via: string;
  readonly issuer?: string;
  /** Only those that the definition names, by their reference, such as `claim.sub`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A run of an operation is a trace of its own, which may last for days. */
export interface RunTrace {
  /** `traceparent` of the span of the run. */
  readonly parent: string;
  /** `traceparent` of what it follows from: the request, or the run before. */
  readonly link: string;
}

export interface StartOrder {
  readonly id: string;
  readonly definition: SagaDefinition;
  readonly version: string;
  /** Of the request: another one with the same id is refused. */
  readonly fingerprint: string;
  /** The same by keys that have been replaced. */
  readonly formerFingerprints?: readonly string[];
  /** Of the consumer that starts it; what it is compared by. */
  readonly owner: string;
  readonly starter: Starter;
  /** JSON. */
  readonly input: string;
  /** Only one operation of this name with this value runs at a time. */
  readonly one?: string;
  /** Absent: nothing is traced. */
  readonly trace?: RunTrace | undefined;
  readonly keepMs: number;
  /** How many of this name may run in this process. */
  readonly running: number;
}

export interface Operation {
  readonly id: string;
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly version: string;
  /** Of the consumer that started it. */
  readonly owner: string;
  readonly status: OperationStatus;
  /** 1, and one more with each order of an operator. */
  readonly run: number;
  /** Names, in order. */
  readonly steps: readonly string[];
  /** The one at hand, or the one that is stuck. */
  readonly step?: string;
  readonly reason?: string;
  readonly isCancelled: boolean;
  /** It has passed a pivot, or is being undone: it can no longer be cancelled. */
  readonly isCommitted: boolean;
  /** The operator who cancelled it; absent if a client did. */
  readonly cancel?: Ordered;
  /** Milliseconds since 1970, by the store's clock. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt?: number;
}

/** An operator's order. */
export interface Ordered {
  /** The address that it came from. */
  readonly by: string;
  readonly reason: string;
}

/** How many operations of one name have one status. */
export interface OperationCount {
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly status: OperationStatus;
  readonly count: number;
}

/** Ended operations are counted for so long, in milliseconds; open ones for as long as they are open. */
export const COUNTED_MS = 86_400_000;

export interface OperationDetail {
  readonly operation: Operation;
  readonly history: History;
}

/**
 * `mismatch`: the id belongs to another request. `taken`: another operation with the same `one` runs. `busy`: too many of
 * this name run here.
 */
export type Started =
  | { readonly as: 'accepted' | 'repeated'; readonly operation: Operation }
  | { readonly as: 'mismatch' | 'taken' | 'busy' };

export interface ListOrder {
  /** Absent: everybody's. */
  readonly owner?: string;
  readonly status?: OperationStatus;
  readonly name?: string;
  /** The last one of the page before. */
  readonly after?: { readonly createdAt: number; readonly id: string };
  readonly limit: number;
}

/** An operator's order about a stuck step. */
export interface SettleOrder {
  readonly id: string;
  /** The run that the operator has seen. */
  readonly run: number;
  readonly order: Omit<OrderItem, 'kind' | 'at'>;
}

/** Records are changed even while it closes, for requests that end then. */
export interface Engine extends RecordStore {
  start(order: StartOrder): Promise<Started>;
  find(id: string): Promise<OperationDetail | undefined>;
  /** Newest first. */
  list(order: ListOrder): Promise<readonly Operation[]>;
  /** Those that are open, and those that ended in the last {@link COUNTED_MS}. */
  counts(): Promise<readonly OperationCount[]>;
  /**
   * Asks it to stop and undo. What is called meanwhile ends first: if that is the last step, or a pivot, and succeeds, it is
   * not undone.
   *
   * @param order of an operator
   * @returns whether it could be asked: it runs, and has passed no pivot
   */
  cancel(id: string, order?: Ordered): Promise<boolean>;
  /**
   * Begins the next run of a stuck operation. Only what is being undone can be skipped.
   *
   * @returns whether it was stuck at that step, in that run
   */
  settle(order: SettleOrder): Promise<boolean>;
  /** Calls `changed` after each change of an operation that runs here, and says whether it was its end. @returns what ends it */
  watch(id: string, changed: (isEnd: boolean) => void): () => void;
  /** Is the store there? */
  readonly isUp: boolean;
  /**
   * Takes no more, gives calls under way so long to end, and leaves the rest to others. Until `unneeded` settles, or that time is over,
   * it still changes records.
   */
  close(graceMs: number, unneeded?: Promise<void>): Promise<void>;
}

/** A call that a run needs; whoever serves makes it. */
export interface CallOrder {
  readonly operation: string;
  readonly definition: Pick<SagaDefinition, 'kind' | 'name' | 'secret'>;
  readonly step: string;
  readonly call: StepCall | 'input';
  readonly isUndo: boolean;
  /** For `Idempotency-Key`. */
  readonly key: string;
  /** Of the step that an undo belongs to; for `{key}`. */
  readonly forwardKey: string;
  readonly timeoutMs: number;
  /** `traceparent` of the run; absent: nothing is traced. */
  readonly trace?: string;
  readonly pick?: readonly string[];
  readonly starter: Starter;
  /** JSON. */
  readonly input: string;
  /** JSON by step. */
  readonly kept: Readonly<Record<string, string>>;
}

export interface CallResult {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly why?: string;
  /** As the upstream said. */
  readonly retryAfterMs?: number;
  /** JSON. */
  readonly kept?: string;
}

/** Never rejects. */
export type Perform = (order: CallOrder) => Promise<CallResult>;

/** Its message may hold the address of the store: it is for the log alone. */
interface Trouble {
  readonly error: string;
  /** `ECONNREFUSED`, or of Postgres, such as `28P01`; absent: it has none. */
  readonly code?: string | undefined;
}

/** For logs and metrics. */
export type EngineEvent =
  | { readonly event: 'up' | 'closed' }
  | ({ readonly event: 'down'; readonly retryMs: number } & Trouble)
  | ({ readonly event: 'trouble' } & Trouble)
  /** The store has answered, and does so again within `everyMs`. */
  | {
      readonly event: 'counted';
      readonly open: readonly OperationCount[];
      readonly everyMs: number;
    }
  | { readonly event: 'takenOver'; readonly ids: readonly string[] }
  | ({ readonly event: 'started' | 'compensating' | 'ended' } & EventOf & {
        readonly status: OperationStatus;
        readonly reason?: string;
        readonly step?: string;
        readonly ms?: number;
        /** Of an end. */
        readonly ended?: { readonly trace: RunTrace; readonly runMs: number };
      })
  | ({ readonly event: 'step' | 'undo' } & EventOf & {
        readonly step: string;
        readonly attempt: number;
        readonly outcome: string;
        readonly ms: number;
        readonly why?: string;
      });

interface EventOf {
  readonly id: string;
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly run: number;
}
