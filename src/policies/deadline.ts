/**
 * Bounds a whole call, including waits and all attempts, up to the response head.
 *
 * It wraps everything that may wait, and fails the call on its own, so that nothing inside can hold a
 * client longer. It is paused while a request body is being sent, so it never cuts a steady upload.
 */
import { type UpstreamRequest, type UpstreamResponse, withHeader } from '../core/call.ts';
import type { Clock, Timer } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { streamed } from '../core/request-body.ts';
import type { Layer, Receiver } from '../core/sender.ts';
import { Timeout, Timeouts } from '../core/timeouts.ts';

export interface DeadlineOptions {
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** @throws GW_DEADLINE_EXCEEDED */
export function deadline(options: DeadlineOptions): Layer {
  const { deadlineMs, clock } = options;
  const timeouts = new Timeouts(deadlineMs, clock);
  return {
    wrap: (next) => ({
      send(request, receiver) {
        const now = clock.now();
        const deadlineAt = Math.min(request.deadlineAt, now + deadlineMs);
        const call = { ...request, deadlineAt };
        const countdown = new Countdown(call, receiver, options);
        if (deadlineAt < request.deadlineAt) timeouts.begin(countdown, now);
        else countdown.arm();
        return next.send(call, countdown);
      },
    }),
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
export function tellDeadline({ timeoutMs, clock }: TellOptions): Layer {
  return {
    wrap: (next) => ({
      send(request, receiver) {
        const left = Math.min(remainingMs(request, clock), timeoutMs);
        const text = String(Math.max(Math.floor(left), 0));
        return next.send(withHeader(request, 'x-request-deadline-ms', text), receiver);
      },
    }),
  };
}

class Countdown extends Timeout implements Receiver {
  readonly #request: UpstreamRequest;
  readonly #receiver: Receiver;
  readonly #options: DeadlineOptions;
  /** Set if less than the full time is left. */
  #timer: Timer | undefined;
  #isOver = false;

  constructor(request: UpstreamRequest, receiver: Receiver, options: DeadlineOptions) {
    super();
    this.#request = request;
    this.#receiver = receiver;
    this.#options = options;
  }

  /** Starts a timer for the time that is left. */
  arm(): void {
    const { clock } = this.#options;
    const left = remainingMs(this.#request, clock);
    this.#timer = clock.after(Math.max(left, 0), () => this.expire());
  }

  answered(response: UpstreamResponse): void {
    // Too late: the receiver already has an outcome, so nobody will read this body.
    if (this.#isOver) response.body.destroy();
    else {
      this.#settle();
      this.#receiver.answered(response);
    }
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    this.#settle();
    this.#receiver.failed(error);
  }

  override expire(): void {
    if (this.#isOver) return;
    const { body, signal } = this.#request;
    const upload = streamed(body);
    if (upload?.isFlowing === true) {
      upload.onRest(() => !this.#isOver && this.arm());
      return;
    }
    // Timers may fire a fraction early, and the deadline may have been paused since.
    if (remainingMs(this.#request, this.#options.clock) > 1) {
      this.arm();
      return;
    }
    const detail = `no answer within ${this.#options.deadlineMs} ms`;
    const error = new GatewayError('GW_DEADLINE_EXCEEDED', detail);
    this.#settle();
    signal.cancel(error);
    this.#receiver.failed(error);
  }

  #settle(): void {
    this.#isOver = true;
    this.stop();
    if (this.#timer !== undefined) this.#options.clock.cancel(this.#timer);
  }
}
