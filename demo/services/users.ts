/** The customers, and their pictures, which are kept in memory. */
import type { FastifyInstance } from 'fastify';
import { createService, type ServiceOptions } from '../create-service.ts';
import { USERS } from '../data/users.ts';
import { find, ShopError } from '../errors.ts';

const MOST_BYTES = 524_288;

interface Avatar {
  readonly type: string;
  readonly bytes: Buffer;
}

export function users(options?: ServiceOptions): FastifyInstance {
  const app = createService('users', options);
  const avatars = new Map<string, Avatar>();
  app.addContentTypeParser(
    /^image\/(?:png|jpeg|webp)$/,
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  app.get<{ Params: { id: string } }>('/users/:id', ({ params }) => find(USERS, 'user', params.id));
  app.get<{ Params: { id: string } }>('/users/:id/avatar', ({ params }, reply) => {
    const { type, bytes } = find(avatars, 'avatar of user', params.id);
    return reply.type(type).send(bytes);
  });
  app.put<{ Params: { id: string } }>(
    '/users/:id/avatar',
    { bodyLimit: MOST_BYTES },
    ({ params, body, headers }, reply) => {
      const { id } = find(USERS, 'user', params.id);
      if (!Buffer.isBuffer(body) || body.length === 0) {
        throw new ShopError('bad_request', 'body: must be a picture');
      }
      avatars.set(id, { type: headers['content-type'] ?? '', bytes: body });
      return reply.status(204).send();
    },
  );
  return app;
}
