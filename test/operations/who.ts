/** Believes whatever `x-who` says: `ada`, or `ops operations:all` with scopes. */
import { definePlugin, z } from 'portico';

export default definePlugin({
  name: 'who',
  identifies: true,
  insists: true,
  settings: z.strictObject({}),
  options: z.strictObject({}),
  register: () => ({
    route: () => ({
      phase: 'authenticate',
      onRequest(request) {
        const [id, ...scopes] = String(request.headers['x-who'] ?? '').split(' ');
        if (id === undefined || id === '') return;
        request.consumer = {
          id,
          via: 'who',
          scopes: new Set(scopes),
          claims: { sub: id, secret: 'never stored' },
        };
      },
    }),
  }),
});
