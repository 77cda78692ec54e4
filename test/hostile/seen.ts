/** Tells what a plugin sees of a request: its path, its route, and the URL that Fastify has. */
import { definePlugin, z } from 'portico';

export default definePlugin({
  name: 'seen',
  settings: z.strictObject({}),
  options: z.strictObject({}),
  register: () => ({
    route: () => ({
      phase: 'request',
      onRequest(request, reply) {
        const { path, route } = request.gateway;
        void reply.header('x-seen-path', path).header('x-seen-route', route);
        void reply.header('x-seen-url', request.url);
      },
    }),
  }),
});
