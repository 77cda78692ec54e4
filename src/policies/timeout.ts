/**
 * Bounds one attempt: from the end of the request body, or from the start of the attempt if there is
 * none, to the response head. It never cuts a streaming body.
 */
import type { UpstreamRequest } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import type { Abortable, Guard, Receiver } from '../core/sender.ts';
import { Timeout, Timeouts } from '../core/timeouts.ts';
import { streamed } from '../core/request-body.ts';

export interface TimeoutOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** @throws GW_UPSTREAM_TIMEOUT */
export function attemptTimeout({ timeoutMs, clock }: TimeoutOptions): Guard {
  const timeouts = new Timeouts(timeoutMs, clock);
  return {
    enter({ body }: UpstreamRequest, attempt: Abortable): Receiver {
      const expiry = new Expiry(attempt, timeoutMs);
      const upload = streamed(body);
      if (upload === undefined || upload.isEnded) timeouts.begin(expiry);
      else upload.onEnd(() => !expiry.isOver && timeouts.begin(expiry));
      return expiry;
    },
  };
}

class Expiry extends Timeout implements Receiver {
  readonly #attempt: Abortable;
  readonly #timeoutMs: number;
  /** The head has arrived, or never will. */
  isOver = false;

  constructor(attempt: Abortable, timeoutMs: number) {
    super();
    this.#attempt = attempt;
    this.#timeoutMs = timeoutMs;
  }

  override expire(): void {
    const detail = `no answer within ${this.#timeoutMs} ms`;
    this.#attempt.abort(new GatewayError('GW_UPSTREAM_TIMEOUT', detail));
  }

  answered(): void {
    this.isOver = true;
    this.stop();
  }

  failed(): void {
    this.answered();
  }
}
