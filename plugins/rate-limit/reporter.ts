/** Reports the requests that a dry run would have refused: all of them in a metric, a few in the log. */
import type { FastifyRequest } from 'fastify';
import type { PluginHost } from 'portico';

/** A line for each limit of a route in this time, at most. */
const QUIET_MS = 10_000;

export function reporter({ log, metrics }: PluginHost) {
  const reported = metrics.counter(
    'rate_limit_reported_total',
    'Requests over a limit that only reports.',
    ['route'],
  );
  /** By route and limit, whose number the config bounds. */
  const toldAt = new Map<string, number>();
  return function report(request: FastifyRequest, limit: string): void {
    const { route } = request.gateway;
    reported.inc({ route });
    const now = performance.now();
    const key = `${route} ${limit}`;
    if (now - (toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    toldAt.set(key, now);
    log.info({ route, limit, requestId: request.id }, 'request would exceed its limit');
  };
}
