/**
 * `GET /events`: Server-sent events for the operator's page (HTML standard, "Server-sent events"); `GET /overview`: one
 * of its snapshots, as JSON.
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { EventViewer } from './event-viewer.ts';
import { type Live, MOST_VIEWERS } from './live.ts';

export function addEvents(app: FastifyInstance, live: Live, clock: Clock): void {
  app.get('/events', { exposeHeadRoute: false }, async (_request, reply) => {
    const viewer = new EventViewer(reply.raw, clock);
    const leave = live.watch(viewer);
    if (leave === undefined) return refuse(reply);
    reply.hijack();
    viewer.open(leave);
  });
  app.get('/overview', { exposeHeadRoute: false }, async ({ raw }, reply) => {
    void reply.header('cache-control', 'no-store');
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const leave = live.watch({
      show: (shot) => {
        // Rates need two moments.
        if (shot === undefined || shot.hasRates) resolve(shot?.json);
      },
      end: () => resolve(undefined),
    });
    if (leave === undefined) return refuse(reply);
    raw.socket.once('close', () => resolve(undefined));
    const json = await promise;
    leave();
    if (json !== undefined) return reply.type('application/json').send(json);
    return reply.code(503).send({ error: 'there is no overview: see the log' });
  });
}

const refuse = (reply: FastifyReply): FastifyReply =>
  reply
    .code(503)
    .header('retry-after', '5')
    .send({ error: `${MOST_VIEWERS} viewers are the most, or the gateway is stopping` });
