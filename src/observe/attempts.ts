/** Counts each attempt: the policy that stands right around the leaf. */
import type { Policy } from '../call.ts';
import type { Clock } from '../clock.ts';
import { toGatewayError } from '../errors.ts';
import { attemptStatus, type Metrics, targetLabels } from './metrics.ts';

export function observeAttempts(
  upstream: string,
  origins: readonly string[],
  metrics: Metrics,
  clock: Clock,
): Policy {
  const label = targetLabels(origins);
  return (next) =>
    function observed(request) {
      const startedAt = clock.now();
      const observe = (target: string, status: string): void =>
        metrics.observeAttempt(upstream, label(target), status, (clock.now() - startedAt) / 1_000);
      return next(request).then(
        (response) => {
          observe(response.target, attemptStatus(response.status));
          return response;
        },
        (thrown) => {
          const { code, options } = toGatewayError(thrown);
          observe(options.target ?? request.notes.target ?? '', code);
          throw thrown;
        },
      );
    };
}
