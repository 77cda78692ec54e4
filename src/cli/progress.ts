/**
 * Says on a terminal what takes so long: one line, which is erased before anything else is written.
 *
 * Nothing shows where standard error is no terminal, nor in the first second.
 */
import { type Clock, systemClock, type Timer } from '../core/clock.ts';
import type { Terminal } from './terminal.ts';

const EVERY_MS = 1_000;

export interface ProgressOptions {
  readonly terminal: Pick<Terminal, 'showStatus'>;
  /** Such as `checking gateway.config.yaml`. */
  readonly what: string;
  readonly clock?: Clock;
}

/** Waits for `work`, and says so while it lasts. It must let timers run. */
export async function withProgress<T>(
  { terminal: { showStatus }, what, clock = systemClock }: ProgressOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (showStatus === undefined) return work();
  const from = clock.now();
  let timer: Timer | undefined;
  const show = (): void => {
    showStatus(`${what}: ${Math.floor((clock.now() - from) / 1_000)} s`);
    timer = clock.after(EVERY_MS, show);
  };
  timer = clock.after(EVERY_MS, show);
  try {
    return await work();
  } finally {
    clock.cancel(timer);
    showStatus('');
  }
}
