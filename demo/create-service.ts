/**
 * What all services of the demo shop share: a quiet Fastify with the fault switch, the health check
 * and one small body for errors, `{error, message}`.
 */
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { ShopError } from './errors.ts';
import { fault } from './fault.ts';

export interface ServiceOptions {
  /** The clock, in ms since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /** A number in [0, 1), for faults that hit only a share of the requests. Default: `Math.random`. */
  readonly random?: () => number;
}

/** A service without routes yet; it logs nothing and closes with all its connections. */
export function createService(name: string, options: ServiceOptions = {}): FastifyInstance {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  // JSON or nothing: a text would only be refused later, and less clearly.
  app.removeContentTypeParser('text/plain');
  void app.register(fault, { service: name, random: options.random ?? Math.random });
  app.setNotFoundHandler((request) => {
    throw new ShopError('not_found', `${name} has no ${request.method} ${request.url}`);
  });
  app.setErrorHandler<FastifyError | ShopError>((error, _request, reply) => answer(error, reply));
  return app;
}

/** The other errors are Fastify's own, of bodies it cannot parse; they bring their status. */
function answer(error: FastifyError | ShopError, reply: FastifyReply): FastifyReply {
  const status = error instanceof ShopError ? error.status : (error.statusCode ?? 500);
  const message = status === 415 ? 'send JSON, as content-type: application/json' : error.message;
  return reply.status(status).send({ error: error.code ?? 'internal', message });
}
