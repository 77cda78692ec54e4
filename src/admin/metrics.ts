/**
 * `/metrics`: sent as it is made, so that a scraper that leaves or stalls costs nothing more.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../observe/metrics.ts';

/** At once; the next one is told to come back. */
const MOST_SCRAPES = 8;
/** Whoever reads more slowly than that is cut off. Prometheus gives up after 10 s unless it is told otherwise. */
const LONGEST_MS = 60_000;

export function addMetrics(app: FastifyInstance, metrics: () => Metrics): void {
  let open = 0;
  app.get('/metrics', async ({ headers, method }, reply) => {
    if (open >= MOST_SCRAPES) {
      void reply.code(503).header('retry-after', '1');
      return { error: `${MOST_SCRAPES} scrapes are under way` };
    }
    const { contentType, pieces } = metrics().scrape(headers.accept);
    void reply.type(contentType);
    if (method === 'HEAD') return reply.send();
    const body = Readable.from(pieces, { objectMode: false });
    const timer = setTimeout(() => body.destroy(new Error('the scraper is too slow')), LONGEST_MS);
    open += 1;
    body.once('close', () => {
      open -= 1;
      clearTimeout(timer);
    });
    return body;
  });
}
