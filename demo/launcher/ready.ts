/** Waits until a newly started process answers. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface ReadyOptions {
  /** What is waited for, for the message. */
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
  /** Ends the wait: what it waits for is gone or no longer wanted. */
  readonly signal: AbortSignal;
}

const STEP_MS = 50;
const ANSWER_MS = 1_000;

/**
 * Settles when `url` answers 200.
 *
 * @throws {Error} when it does not within `timeoutMs`, with what it last did; or the signal's reason
 */
export async function untilReady({ name, url, timeoutMs, signal }: ReadyOptions): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const seen = await probe(url, signal);
    if (seen === '200') return;
    if (performance.now() > endsAt) {
      throw new Error(`${name}: ${url} is not ready after ${timeoutMs / 1_000} s (${seen})`);
    }
    await sleep(STEP_MS, undefined, { signal });
  }
}

async function probe(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await response.body?.cancel();
    return String(response.status);
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'no answer' : 'not reachable';
  }
}
