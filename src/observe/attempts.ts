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
      const seconds = (): number => (clock.now() - startedAt) / 1_000;
      try {
        const response = await next(request);
        const status = attemptStatus(response.status);
        metrics.observeAttempt(upstream, label(response.target), status, seconds());
        return response;
      } catch (error) {
        const { code } = toGatewayError(error);
        metrics.observeAttempt(upstream, label(request.notes.target ?? ''), code, seconds());
        throw error;
      }
    };
}
