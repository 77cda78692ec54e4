/**
 * Bounds a whole call: waiting, tries and all, to the response head.
 *
 * Outermost, and it rejects by itself, so that nothing inside can hold a client longer. It stands
 * still while a request body is on its way: a steady upload is never cut by it.
 */
import type { Policy, UpstreamRequest, UpstreamResponse } from '../call.ts';
import type { Clock, Timer } from '../clock.ts';
import { GatewayError } from '../errors.ts';
import { Upload } from '../upload.ts';

export interface DeadlineOptions {
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** @throws GW_DEADLINE_EXCEEDED */
export function deadline({ deadlineMs, clock }: DeadlineOptions): Policy {
  return (next) =>
    function bounded(request) {
      const deadlineAt = Math.min(request.deadlineAt, clock.now() + deadlineMs);
      const call = { ...request, deadlineAt };
      const response = next(call);
      return new Watch(call, deadlineMs, clock).over(response);
    };
}

/** Milliseconds a call has left; what its body took on its way is not counted. */
export function remainingMs(request: UpstreamRequest, clock: Clock): number {
  const stoodStill = request.body instanceof Upload ? request.body.flowedMs() : 0;
  return request.deadlineAt + stoodStill - clock.now();
}

class Watch {
  readonly #request: UpstreamRequest;
  readonly #deadlineMs: number;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #settled = false;
  #reject: ((error: Error) => void) | undefined;

  constructor(request: UpstreamRequest, deadlineMs: number, clock: Clock) {
    this.#request = request;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
    this.#arm();
  }

  over(response: Promise<UpstreamResponse>): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      response.then(
        (value) => {
          // Too late: somebody else was answered already, so nobody will read this one.
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

  #arm(): void {
    const left = remainingMs(this.#request, this.#clock);
    this.#timer = this.#clock.after(Math.max(left, 0), () => this.#check());
  }

  #check(): void {
    if (this.#settled) return;
    const { body, signal } = this.#request;
    if (body instanceof Upload && body.isFlowing) {
      body.onRest(() => !this.#settled && this.#arm());
      return;
    }
    // Timers may fire a fraction early; the body may have stood still since.
    if (remainingMs(this.#request, this.#clock) > 1) {
      this.#arm();
      return;
    }
    const detail = `not answered within ${this.#deadlineMs} ms`;
    const error = new GatewayError('GW_DEADLINE_EXCEEDED', detail);
    this.#settled = true;
    signal.cancel(error);
    this.#reject?.(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#clock.cancel(this.#timer);
  }
}
