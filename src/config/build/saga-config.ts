/**
 * A saga as the gateway runs it. An operation keeps the definition that it was accepted with, in the store:
 * so this is plain JSON, and a reload never changes what is under way.
 */

/** One request to an upstream; paths, queries, fields and bodies are templates. */
export interface StepCall {
  readonly upstream: string;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; a text that is only one template takes the value's own type. */
  readonly body?: unknown;
}

export interface StepConfig {
  readonly name: string;
  /** `input`: the request that the client made, as a command keeps it. */
  readonly call: StepCall | 'input';
  /** Members of the answer to keep; absent: all of it. */
  readonly pick?: readonly string[];
  /** Of all attempts together. */
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly backoffMs: number;
  /** Absent: there is nothing to undo. */
  readonly undo?: StepCall;
  /** Undo it when nobody knows whether it was done. */
  readonly undoUnknown: boolean;
  /** Once it is done, nothing is undone any more: later steps are repeated until they succeed. */
  readonly pivot: boolean;
}

/** What an operation is stored with. */
export interface SagaDefinition {
  readonly kind: 'saga' | 'command';
  /** Of the saga, or of the command's route. */
  readonly name: string;
  /** Of the forward half, from its start. */
  readonly deadlineMs: number;
  readonly undo: UndoRules;
  readonly steps: readonly StepConfig[];
  /** Paths of what is sealed in the store, such as `input.card`; absent: nothing is. */
  readonly secret?: readonly string[];
}

export interface UndoRules {
  readonly attempts: number;
  readonly backoffMs: number;
  /** Of each attempt. */
  readonly timeoutMs: number;
  /** How long a call whose outcome is unknown may still arrive. */
  readonly settleMs: number;
}

export interface SagaConfig extends SagaDefinition {
  /** How long an ended operation can be read. */
  readonly keepMs: number;
  /** How many may run at once, in one process. */
  readonly running: number;
  /** A template: only one operation with the same value runs at a time. */
  readonly one?: string;
}

/** Every upstream that its steps may call, each once. */
export const upstreamsOfSaga = ({ steps }: SagaDefinition): readonly string[] => [
  ...new Set(
    steps.flatMap(({ call, undo }) =>
      [call, undo].flatMap((each) => (each === undefined || each === 'input' ? [] : each.upstream)),
    ),
  ),
];
