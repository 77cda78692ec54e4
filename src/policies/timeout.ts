/**
 * Bounds one attempt: from the end of the request body, or from the attempt's start where there is
 * none, to the response head. It never cuts a body that is streaming.
 */
import type { Policy, UpstreamRequest } from '../call.ts';
import type { Clock, Timer } from '../clock.ts';
import { GatewayError } from '../errors.ts';
import { Upload } from '../upload.ts';

export interface TimeoutOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** @throws GW_UPSTREAM_TIMEOUT */
export function attemptTimeout({ timeoutMs, clock }: TimeoutOptions): Policy {
  return (next) =>
    async function timed(request) {
      const signal = request.signal.child();
      const expiry = new Expiry(signal, timeoutMs, clock);
      expiry.start(request.body);
      try {
        return await next({ ...request, signal });
      } finally {
        expiry.stop();
      }
    };
}

class Expiry {
  readonly #signal: { cancel(reason: Error): void };
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(signal: { cancel(reason: Error): void }, timeoutMs: number, clock: Clock) {
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  start(body: UpstreamRequest['body']): void {
    if (body instanceof Upload && !body.isEnded) body.onEnd(() => this.#arm());
    else this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.cancel(this.#timer);
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.after(this.#timeoutMs, () => {
      const detail = `no answer within ${this.#timeoutMs} ms`;
      this.#signal.cancel(new GatewayError('GW_UPSTREAM_TIMEOUT', detail));
    });
  }
}
