/**
 * Takes a side of a split out when its calls fail or are slow too often: its weight becomes 0, and stays so until
 * somebody hands it back.
 */
import type { Clock } from '../core/clock.ts';
import type { Guard } from '../core/sender.ts';
import { sideCalls, type SideWindow } from './side-calls.ts';

export interface AbortConfig {
  /** More than this share of the calls failed, 0 to 1; absent: failures alone take nothing out. */
  readonly errors?: number;
  /** What fails at the first side, too, is no reason: only the difference counts as `errors`. */
  readonly isRelative: boolean;
  /** More than 5 % of the calls took longer than this to their response head, or failed: their 95th percentile. */
  readonly latencyMs?: number;
  /** Calls in the window before anything is judged. */
  readonly minimum: number;
  readonly windowMs: number;
}

/** The share of calls that may be slower than `latencyMs`. */
const SLOW_SHARE = 0.05;

/** Why a side is out, and since when. */
export interface SideAbort {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly why: string;
}

/** Whether a side is out: outlives generations, and belongs to the route and the side by their names. */
export class SideState {
  #abort: SideAbort | undefined;
  /** Increases when it is handed back: what happened before counts no more. */
  #epoch = 0;

  get abort(): SideAbort | undefined {
    return this.#abort;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** @returns false if it was out before: it stays out for the reason that it has */
  takeOut(abort: SideAbort): boolean {
    if (this.#abort !== undefined) return false;
    this.#abort = abort;
    return true;
  }

  handBack(): void {
    this.#abort = undefined;
    this.#epoch += 1;
  }
}

export interface SideAbortOptions {
  readonly config: AbortConfig;
  readonly state: SideState;
  /** By which it is judged. */
  readonly window: SideWindow;
  /** All in which its calls are counted. */
  readonly windows: readonly SideWindow[];
  /** Of the first side, over the same span; absent: it is not compared with. */
  readonly first?: SideWindow | undefined;
  readonly clock: Clock;
  /** Told the reason once the side is to be taken out; it may be out already. */
  readonly onAbort: (why: string) => void;
}

/** Counts the calls of a side, and judges them. */
export function sideAbort(options: SideAbortOptions): Guard {
  const { config, state, windows, clock, onAbort } = options;
  return sideCalls({
    windows,
    epoch: () => state.epoch,
    latencyMs: config.latencyMs,
    clock,
    onSlow(now) {
      const why = reasonIn(options, now);
      if (why !== undefined) onAbort(why);
    },
  });
}

/** In words for operators; `undefined` while it may stay. */
function reasonIn({ config, window, first }: SideAbortOptions, now: number): string | undefined {
  const { errors, latencyMs, minimum, windowMs } = config;
  const { calls, failures } = window.failed.sum(now);
  if (calls < minimum) return undefined;
  const span = `${calls} calls in ${windowMs / 1_000} s`;
  const common = failuresOf(first, minimum, now);
  if (errors !== undefined && failures / calls - common.share > errors) {
    return `${failures} of ${span} failed${common.words}`;
  }
  if (latencyMs === undefined) return undefined;
  const { failures: slow } = window.slow.sum(now);
  return slow / calls > SLOW_SHARE
    ? `${slow} of ${span} failed or took longer than ${latencyMs} ms`
    : undefined;
}

/** Of the first side: none if it is not compared with, or has too few calls. */
function failuresOf(
  first: SideWindow | undefined,
  minimum: number,
  now: number,
): { readonly share: number; readonly words: string } {
  const { calls, failures } = first?.failed.sum(now) ?? { calls: 0, failures: 0 };
  if (calls < minimum) return { share: 0, words: '' };
  return { share: failures / calls, words: `, and ${failures} of ${calls} of the first side` };
}
