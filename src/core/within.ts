/** Waits for something, for a while. */
import type { Clock } from './clock.ts';

export interface Limit<T> {
  readonly ms: number;
  readonly clock: Clock;
  /** What is returned if it takes longer; may throw instead. */
  readonly late: () => T;
}

/** The outcome of `task`, unless it takes too long; it is not ended then. */
export async function within<T>(task: Promise<T>, { ms, clock, late }: Limit<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = clock.after(ms, () => {
    try {
      resolve(late());
    } catch (error) {
      reject(error);
    }
  });
  try {
    return await Promise.race([task, promise]);
  } finally {
    clock.cancel(timer);
  }
}
