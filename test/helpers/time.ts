/** Fake time for a file of tests: timers, Date and performance.now move only when told to. */
import { afterEach, beforeEach, vi } from 'vitest';

export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Time passes, and whatever waited for it has run. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Watches a promise without waiting for it. */
export function watch<T>(promise: Promise<T>): { state: 'pending' | 'fulfilled' | 'rejected' } {
  const watched: { state: 'pending' | 'fulfilled' | 'rejected' } = { state: 'pending' };
  promise.then(
    () => (watched.state = 'fulfilled'),
    () => (watched.state = 'rejected'),
  );
  return watched;
}
