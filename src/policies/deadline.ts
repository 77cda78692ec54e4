/**
 * Bounds a whole call, including waits and all attempts, up to the response head.
 *
 * It wraps all other policies and rejects on its own, so that nothing inside can hold a client longer. It
 * is paused while a request body is being sent, so it never cuts a steady upload.
 */
import {
  type Policy,
  type UpstreamRequest,
  type UpstreamResponse,
  withHeader,
} from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { type Timeout, Timeouts } from '../core/timeouts.ts';
import { streamed } from '../core/request-body.ts';

export interface DeadlineOptions {
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** @throws GW_DEADLINE_EXCEEDED */
export function deadline(options: DeadlineOptions): Policy {
  const { deadlineMs, clock } = options;
  const timeouts = new Timeouts(deadlineMs, clock);
  return (next) =>
    function bounded(request) {
      const now = clock.now();
      const deadlineAt = Math.min(request.deadlineAt, now + deadlineMs);
      const call = { ...request, deadlineAt };
      const countdown = new Countdown(call, options);
      const response = next(call);
      if (deadlineAt < request.deadlineAt) countdown.start(timeouts, now);
      else countdown.arm();
      return countdown.over(response);
    };
}

/** Milliseconds that a call has left; the time its body took to send does not count. */
export function remainingMs(request: UpstreamRequest, clock: Clock): number {
  const stoodStill = streamed(request.body)?.flowedMs() ?? 0;
  return request.deadlineAt + stoodStill - clock.now();
}

export interface TellOptions {
  /** The limit of one attempt. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Tells the upstream how many milliseconds it has: the rest of the deadline, or of this attempt. */
export function tellDeadline({ timeoutMs, clock }: TellOptions): Policy {
  return (next) =>
    function told(request) {
      const left = Math.min(remainingMs(request, clock), timeoutMs);
      return next(
        withHeader(request, 'x-request-deadline-ms', String(Math.max(Math.floor(left), 0))),
      );
    };
}

class Countdown {
  readonly #request: UpstreamRequest;
  readonly #options: DeadlineOptions;
  /** The first timeout of a call without an earlier deadline. */
  #timeout: Timeout | undefined;
  #timer: Timer | undefined;
  #settled = false;
  #reject: ((error: Error) => void) | undefined;

  constructor(request: UpstreamRequest, options: DeadlineOptions) {
    this.#request = request;
    this.#options = options;
  }

  /** Starts the full time, from `now`. */
  start(timeouts: Timeouts, now: number): void {
    this.#timeout = timeouts.start(() => this.#check(), now);
  }

  /** Starts a timer for the time that is left. */
  arm(): void {
    const { clock } = this.#options;
    const left = remainingMs(this.#request, clock);
    this.#timer = clock.after(Math.max(left, 0), () => this.#check());
  }

  over(response: Promise<UpstreamResponse>): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      response.then(
        (value) => {
          // Too late: the caller already has an answer, so nobody will read this body.
          if (this.#settled) value.body.destroy();
          this.#settle();
          resolve(value);
        },
        (error: Error) => {
          this.#settle();
          reject(error);
        },
      );
    });
  }

  #check(): void {
    if (this.#settled) return;
    const { body, signal } = this.#request;
    const upload = streamed(body);
    if (upload?.isFlowing === true) {
      upload.onRest(() => !this.#settled && this.arm());
      return;
    }
    // Timers may fire a fraction early, and the deadline may have been paused since.
    if (remainingMs(this.#request, this.#options.clock) > 1) {
      this.arm();
      return;
    }
    const detail = `no answer within ${this.#options.deadlineMs} ms`;
    const error = new GatewayError('GW_DEADLINE_EXCEEDED', detail);
    this.#settled = true;
    signal.cancel(error);
    this.#reject?.(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#timeout?.stop();
    if (this.#timer !== undefined) this.#options.clock.cancel(this.#timer);
  }
}
