/**
 * What an engine has recorded of an operation, one after another. It is all that `next` looks at, so
 * whatever decides is recorded: outcomes, times, waits. Times are milliseconds since 1970, by the store's clock.
 */

/**
 * How a call ended. `done`: the upstream did it. `refused`: it did nothing, and never will. `notSent`: it did
 * nothing now. `unknown`: it may have done it.
 */
export type Outcome = 'done' | 'refused' | 'notSent' | 'unknown';

/** One attempt of a step. */
export interface AttemptItem {
  readonly kind: 'attempt';
  readonly step: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly endedAt: number;
  /** To wait before the next attempt, if there is one. */
  readonly waitMs: number;
  readonly status?: number;
  /** Why it failed, as a code: `GW_UPSTREAM_TIMEOUT`, `STATUS_402`. */
  readonly why?: string;
  /** JSON of what is kept of the answer; absent: nothing is. */
  readonly kept?: string;
}

/** Nothing more is called forward; recorded where the next call would have begun. */
export interface HaltItem {
  readonly kind: 'halt';
  readonly step: string;
  readonly why: 'cancelled' | 'deadline' | 'timeout';
  readonly at: number;
  /** An engine that has died had begun this call. */
  readonly isUnknown: boolean;
  /** Of an operator's cancel: from where, and why. */
  readonly by?: string;
  readonly reason?: string;
}

/** From here on, steps are undone. */
export interface TurnItem {
  readonly kind: 'turn';
  readonly step: string;
  readonly why: string;
  readonly at: number;
}

/** One attempt to undo a step. `nothing`: the upstream knows of nothing to undo. */
export interface UndoItem {
  readonly kind: 'undo';
  readonly step: string;
  readonly attempt: number;
  readonly outcome: 'done' | 'nothing' | 'failed';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly waitMs: number;
  readonly status?: number;
  readonly why?: string;
}

/**
 * An operator settles a stuck step. `retry`: it is undone again, or done again if nothing is being undone; `skip`: it is taken
 * for undone. Begins the next run.
 */
export interface OrderItem {
  readonly kind: 'order';
  readonly order: 'retry' | 'skip';
  readonly step: string;
  /** The address that it came from. */
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export type Item = AttemptItem | HaltItem | TurnItem | UndoItem | OrderItem;
export type History = readonly Item[];

/** The attempts of `step`, in order. */
export const attemptsOf = (history: History, step: string): readonly AttemptItem[] =>
  history.filter((item) => item.kind === 'attempt' && item.step === step) as AttemptItem[];

export const isDone = (history: History, step: string): boolean =>
  attemptsOf(history, step).at(-1)?.outcome === 'done';

/**
 * When the last call of `step` began whose outcome nobody knows; `undefined` if the outcome of every call is known,
 * or if a later one succeeded.
 */
export function unknownSince(history: History, step: string): number | undefined {
  if (isDone(history, step)) return undefined;
  const begun = history.flatMap((item) => {
    if (item.kind === 'attempt' && item.step === step && item.outcome === 'unknown') {
      return item.startedAt;
    }
    return item.kind === 'halt' && item.step === step && item.isUnknown ? item.at : [];
  });
  return begun.length === 0 ? undefined : Math.max(...begun);
}
