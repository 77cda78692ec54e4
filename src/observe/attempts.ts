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
    async function observed(request) {
      const startedAt = clock.now();
      try {
        const response = await next(request);
        const status = attemptStatus(response.status);
        metrics.observeAttempt(upstream, label(response.target), status, seconds(clock, startedAt));
        return response;
      } catch (error) {
        const { code } = toGatewayError(error);
        metrics.observeAttempt(
          upstream,
          label(request.notes.target ?? ''),
          code,
          seconds(clock, startedAt),
        );
        throw error;
      }
    };
}

const seconds = (clock: Clock, since: number): number => (clock.now() - since) / 1_000;
