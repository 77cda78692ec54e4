/**
 * Bounds one attempt: from the end of the request body, or from the start of the attempt if there is
 * none, to the response head. It never cuts a streaming body.
 */
import type { Cancellation } from '../core/cancellation.ts';
import type { Policy, UpstreamRequest } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { type Timeout, Timeouts } from '../core/timeouts.ts';
import { streamed } from '../core/request-body.ts';

export interface TimeoutOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** @throws GW_UPSTREAM_TIMEOUT */
export function attemptTimeout({ timeoutMs, clock }: TimeoutOptions): Policy {
  const timeouts = new Timeouts(timeoutMs, clock);
  return (next) =>
    function timed(request) {
      const expiry = new Expiry(request, timeoutMs, timeouts);
      return next({ ...request, signal: expiry.signal }).then(
        (response) => {
          expiry.stop();
          return response;
        },
        (error) => {
          expiry.stop();
          throw error;
        },
      );
    };
}

class Expiry {
  readonly signal: Cancellation;
  readonly #timeoutMs: number;
  readonly #timeouts: Timeouts;
  #timeout: Timeout | undefined;
  #stopped = false;

  constructor({ signal, body }: UpstreamRequest, timeoutMs: number, timeouts: Timeouts) {
    this.signal = signal.child();
    this.#timeoutMs = timeoutMs;
    this.#timeouts = timeouts;
    const upload = streamed(body);
    if (upload === undefined || upload.isEnded) this.#start();
    else upload.onEnd(() => this.#start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timeout?.stop();
  }

  #start(): void {
    if (this.#stopped) return;
    this.#timeout = this.#timeouts.start(() => {
      const detail = `no answer within ${this.#timeoutMs} ms`;
      this.signal.cancel(new GatewayError('GW_UPSTREAM_TIMEOUT', detail));
    });
  }
}
