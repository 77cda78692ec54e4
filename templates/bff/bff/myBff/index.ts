/** A backend for one kind of client: one call per screen. */
import { defineBff, optional, z } from 'portico';

const Params = z.strictObject({ id: z.string().max(64) });

/** What the upstream answers, as far as it is used here. */
const User = z.object({ name: z.string() });

/** What the client gets: no other field is sent. */
const Greeting = z.strictObject({ text: z.string() });

export default defineBff({ upstreams: ['myUpstream'] }, (app) => {
  app.get(
    '/hello/:id',
    { schema: { params: Params, response: { 200: Greeting } } },
    async (request) => {
      const upstream = request.upstreams['myUpstream'];
      const path = { id: request.params.id };
      const { user } = await request.gather({
        // If this call fails, the greeting has no name. Without `optional`, the request would fail.
        user: optional(
          upstream.get('/users/{id}', { path, schema: User, timeout: '500ms' }),
          undefined,
        ),
      });
      return { text: user === undefined ? 'Hello!' : `Hello, ${user.name}!` };
    },
  );
});
