/** The customers. */
import type { FastifyInstance } from 'fastify';
import { createService, type ServiceOptions } from '../create-service.ts';
import { USERS } from '../data/users.ts';
import { find } from '../errors.ts';

export function users(options?: ServiceOptions): FastifyInstance {
  const app = createService('users', options);
  app.get<{ Params: { id: string } }>('/users/:id', ({ params }) => find(USERS, 'user', params.id));
  return app;
}
