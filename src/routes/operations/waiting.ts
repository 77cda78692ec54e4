/** Waits for an operation to change, wherever it runs. */
import type { Clock, Timer } from '../../core/clock.ts';
import type { Cancellation } from '../../core/cancellation.ts';
import type { Engine, OperationDetail } from '../../operations/engine.ts';

/** An operation that runs in another process is asked about this often. */
const ASK_MS = 1_000;

/** It does nothing more by itself. */
export const hasEnded = ({ operation: { status } }: OperationDetail): boolean =>
  status !== 'running' && status !== 'compensating';

export interface WaitOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly id: string;
  /** Ends the wait. */
  readonly signal: Cancellation;
  /** The longest. */
  readonly ms: number;
}

/** What the operation is after `ms`, or as soon as it has ended or the client has left. */
export function untilEnded({
  engine,
  clock,
  id,
  signal,
  ms,
}: WaitOptions): Promise<OperationDetail | undefined> {
  return new Promise((resolve, reject) => {
    const endAt = clock.now() + ms;
    let asking: Timer | undefined;
    let isOver = false;
    const finish = (): void => {
      isOver = true;
      unwatch();
      clock.cancel(asking);
      signal.unlisten(listener);
    };
    const ask = (): void => {
      clock.cancel(asking);
      engine.find(id).then(
        (found) => {
          if (isOver) return;
          const leftMs = endAt - clock.now();
          if (found === undefined || hasEnded(found) || leftMs <= 0) {
            finish();
            resolve(found);
          } else asking = clock.after(Math.min(ASK_MS, leftMs), ask);
        },
        (error: Error) => {
          finish();
          reject(error);
        },
      );
    };
    const listener = {
      onCancel: (reason: Error) => {
        finish();
        reject(reason);
      },
    };
    const unwatch = engine.watch(id, (isEnd) => isEnd && !isOver && ask());
    signal.listen(listener);
    if (!isOver) ask();
  });
}
