/**
 * How calls work inside the gateway: a sender reports the outcome to a receiver instead of returning a
 * promise, as a `Call` does. So all layers between a call and its socket share one promise.
 *
 * A *layer* wraps a sender. A *guard* only brackets an attempt: it lets the attempt in, and is told the
 * outcome. The policy of a plugin wraps a `Call` and may come anywhere among them; see compose.ts.
 */
import type { UpstreamRequest, UpstreamResponse } from './call.ts';

/**
 * Is told the outcome, once: at the head of the response, or when there is none. The headers of the response are its
 * own to edit.
 */
export interface Receiver {
  answered(response: UpstreamResponse): void;
  failed(error: unknown): void;
}

/** Something in progress that can be ended. */
export interface Abortable {
  /** Fails the receiver with `reason` at once; does nothing if the receiver already has an outcome. */
  abort(reason: Error): void;
}

export interface Sender {
  /** May report to `receiver` before it returns. If it throws, it has reported nothing. */
  send(request: UpstreamRequest, receiver: Receiver): Abortable;
}

/** Wraps a sender, once, at start-up. */
export interface Layer {
  wrap(next: Sender): Sender;
}

/** What a guard makes for an attempt. */
export interface GuardReceiver extends Receiver {
  /** Is told, after `answered`, when the body closes: with `undefined` if all of it came. */
  closed?(error: Error | undefined): void;
}

export interface Guard {
  /**
   * Lets an attempt in, now or later. To refuse it, throws or rejects; the guards that let it in before
   * are told. `attempt` can be aborted once all guards have let it in.
   */
  enter(request: UpstreamRequest, attempt: Abortable): GuardReceiver | Promise<GuardReceiver>;
}
