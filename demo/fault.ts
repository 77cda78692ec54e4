/**
 * The fault switch makes a running service slow, makes it fail or cut connections, to show what the gateway does.
 *
 * `POST /_fault` sets it, `GET` shows it, `DELETE` clears it. It affects all later requests, even to unknown
 * paths, but never `/_fault` and `/healthz`; health fails only if the fault says so.
 * In order: the share is drawn, the delay passes, then `reset` takes precedence over `status`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { read } from './errors.ts';

const EFFECTS = ['delay', 'status', 'reset', 'health'] as const;

const Fault = z
  .strictObject({
    /** Ms before the answer. */
    delay: z.int().min(0).max(60_000).optional(),
    /** Answers this instead. */
    status: z.int().min(400).max(599).optional(),
    /** How many requests of a hundred are hit; 0 hits none. */
    percent: z.number().min(0).max(100).default(100),
    /** Destroys the socket without an answer. */
    reset: z.boolean().optional(),
    /** `false`: the health check answers 503. */
    health: z.boolean().optional(),
  })
  .refine((fault) => EFFECTS.some((effect) => fault[effect] !== undefined), {
    error: `names none of ${EFFECTS.join(', ')}`,
  });
type Fault = z.infer<typeof Fault>;

export interface FaultOptions {
  /** The name health answers with. */
  readonly service: string;
  readonly random: () => number;
}

const EXEMPT: ReadonlySet<string | undefined> = new Set(['/_fault', '/healthz']);

/** The plugin; it applies to the instance it is registered on, hence no encapsulation. */
export const fault = Object.assign(faultPlugin, { [Symbol.for('skip-override')]: true });

async function faultPlugin(app: FastifyInstance, { service, random }: FaultOptions): Promise<void> {
  let active: Fault | undefined;
  const shown = () => ({ service, fault: active ?? null });

  app.get('/_fault', shown);
  app.post('/_fault', ({ body }) => {
    active = read(Fault, 'body', body);
    return shown();
  });
  app.delete('/_fault', () => {
    active = undefined;
    return shown();
  });
  app.get('/healthz', (_request, reply) => {
    if (active?.health !== false) return { status: 'ok', service };
    return reply.status(503).send({ status: 'failing', service });
  });
  app.addHook('onRequest', async (request, reply) => {
    if (active === undefined || EXEMPT.has(request.routeOptions.url)) return;
    if (random() * 100 < active.percent) await inflict(active, request, reply);
  });
}

async function inflict(active: Fault, request: FastifyRequest, reply: FastifyReply) {
  if (active.delay !== undefined) await pause(active.delay, reply);
  if (active.reset === true || reply.raw.destroyed) {
    reply.hijack();
    request.raw.socket.destroy();
  } else if (active.status !== undefined) {
    await reply.status(active.status).send({ error: 'fault', message: 'set by POST /_fault' });
  }
}

/** Waits, but no longer than the client does. */
function pause(ms: number, reply: FastifyReply): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
