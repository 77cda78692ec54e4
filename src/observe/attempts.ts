/** Notes the outcome of each attempt in the record and in metrics: the guard directly around the leaf. */
import type { UpstreamResponse } from '../core/call.ts';
import { causeOf } from '../core/cause.ts';
import type { Clock } from '../core/clock.ts';
import { toGatewayError } from '../core/errors.ts';
import type { Guard, Receiver } from '../core/sender.ts';
import type { CallRecord } from '../core/record.ts';
import type { Metrics } from './metrics.ts';
import { statusLabel } from './status-label.ts';

export interface ObservedUpstream {
  readonly name: string;
  /** The target's label in metrics, by its origin. */
  readonly labelOf: (origin: string) => string;
}

export function observeAttempts(upstream: ObservedUpstream, metrics: Metrics, clock: Clock): Guard {
  const observers = { upstream, metrics, clock };
  return {
    enter: ({ record }) => new ObservedAttempt(record, observers),
  };
}

interface Observers {
  readonly upstream: ObservedUpstream;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

class ObservedAttempt implements Receiver {
  readonly #observers: Observers;
  readonly #startedAt: number;
  readonly #call: CallRecord;
  /** The place of our attempt among the call's, if a target is picked. */
  readonly #at: number;

  constructor(call: CallRecord, observers: Observers) {
    this.#observers = observers;
    this.#startedAt = observers.clock.now();
    this.#call = call;
    this.#at = call.attempts.length;
  }

  answered({ status, target }: UpstreamResponse): void {
    const own = this.#call.attempts[this.#at];
    if (own !== undefined) own.ending = status;
    this.#observe(target, statusLabel(status));
  }

  failed(error: unknown): void {
    const own = this.#call.attempts[this.#at];
    const { code, options } = toGatewayError(error);
    if (own !== undefined) {
      own.ending = code;
      own.cause = causeOf(error);
      own.failedMs = this.#observers.clock.now() - own.startedAt;
    }
    this.#observe(options.target ?? own?.target ?? '', code);
  }

  #observe(target: string, status: string): void {
    const { upstream, metrics, clock } = this.#observers;
    const seconds = (clock.now() - this.#startedAt) / 1_000;
    metrics.observeAttempt(upstream.name, upstream.labelOf(target), status, seconds);
  }
}
