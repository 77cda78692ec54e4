/**
 * What stands round an attempt without waiting for it: a guard lets it in, and is told what came of it.
 *
 * A policy that does no more than that would need a promise of its own, and each answer would pass
 * through all of them, one after another. Guards share one: see attempt.ts. What decides whether there is another attempt,
 * and what plugins bring, stays a policy.
 */
import type { UpstreamRequest, UpstreamResponse } from './call.ts';

/** Is told, once, what came of an attempt: at the head of its answer, or where there is none. */
export interface Receiver {
  answered(response: UpstreamResponse): void;
  failed(error: unknown): void;
}

/** Something under way that can be ended. */
export interface Abortable {
  /** Its receiver is told `reason`, at once; does nothing where it has been told already. */
  abort(reason: Error): void;
}

export interface Guard {
  /**
   * Lets an attempt in, now or later; throws or rejects to refuse it, and those that have let it in are told.
   * `attempt` is what to abort, once all have let it in.
   */
  enter(request: UpstreamRequest, attempt: Abortable): Receiver | Promise<Receiver>;
}

/** What makes the attempt in the end: a call that reports, where a `Call` promises. */
export interface Sender {
  /** Throws only where it tells `receiver` nothing. */
  send(request: UpstreamRequest, receiver: Receiver): Abortable;
}
