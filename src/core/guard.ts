/**
 * A guard brackets an attempt without waiting for it: it lets the attempt in, and is told the outcome.
 *
 * A policy that does no more than that would need its own promise, and each answer would pass through all
 * of these in turn. Guards share one promise; see attempt.ts. Whatever decides about another attempt, and
 * the policies of plugins, stay policies.
 */
import type { UpstreamRequest, UpstreamResponse } from './call.ts';

/** Is told the outcome of an attempt, once: at the head of the response, or when there is none. */
export interface Receiver {
  answered(response: UpstreamResponse): void;
  failed(error: unknown): void;
}

/** Something in progress that can be ended. */
export interface Abortable {
  /** Fails the receiver with `reason` at once; does nothing if the receiver has been told already. */
  abort(reason: Error): void;
}

export interface Guard {
  /**
   * Lets an attempt in, now or later. To refuse it, throws or rejects; the guards that have let it in are
   * told. `attempt` can be aborted once all guards have let it in.
   */
  enter(request: UpstreamRequest, attempt: Abortable): Receiver | Promise<Receiver>;
}

/** Makes the attempt: like a `Call`, but it reports to a receiver instead of returning a promise. */
export interface Sender {
  /** If it throws, `receiver` is told nothing. */
  send(request: UpstreamRequest, receiver: Receiver): Abortable;
}
