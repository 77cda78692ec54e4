/** Says what each attempt came to, in the record and in metrics: the policy that stands right around the leaf. */
import type { Policy } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { causeOf } from '../core/cause.ts';
import { toGatewayError } from '../core/errors.ts';
import type { Metrics } from './metrics.ts';
import { statusLabel } from './status-label.ts';

export interface ObservedUpstream {
  readonly name: string;
  /** What metrics call the target at this origin. */
  readonly labelOf: (origin: string) => string;
}

export function observeAttempts(
  { name, labelOf }: ObservedUpstream,
  metrics: Metrics,
  clock: Clock,
): Policy {
  return (next) =>
    function observed(request) {
      const startedAt = clock.now();
      const { attempts } = request.record;
      const before = attempts.length;
      const observe = (target: string, status: string): void =>
        metrics.observeAttempt(name, labelOf(target), status, (clock.now() - startedAt) / 1_000);
      return next(request).then(
        (response) => {
          const own = attempts[before];
          if (own !== undefined) own.ending = response.status;
          observe(response.target, statusLabel(response.status));
          return response;
        },
        (thrown) => {
          const { code, options } = toGatewayError(thrown);
          // None where no target was picked.
          const own = attempts[before];
          if (own !== undefined) {
            own.ending = code;
            own.cause = causeOf(thrown);
          }
          observe(options.target ?? own?.target ?? '', code);
          throw thrown;
        },
      );
    };
}
