/**
 * Lets in who has authenticated one way or another: by a token or by a key, where either will do.
 *
 * The plugins that look for credentials stand on the route beside it, each `optional`: that lets pass who
 * brings nothing for it, and refuses a bad credential whatever else is brought.
 */
import { challengesOf, definePlugin, GatewayError, z } from 'portico';

export default definePlugin({
  name: 'auth',
  insists: true,
  settings: z.strictObject({}),
  options: z
    .strictObject({
      anyOf: z
        .array(z.string().min(1))
        .min(1)
        .describe('Plugins that authenticate; the 401 lists their challenges in this order.'),
    })
    .describe('Requires any of several credentials.'),
  *check({ anyOf }, _settings, others) {
    for (const [i, name] of anyOf.entries()) {
      const path = ['anyOf', i];
      if (!others.has(name)) yield { path, message: `no ${name} is on this route` };
      else if ((others.get(name) as { readonly optional?: unknown }).optional !== true) {
        yield { path, message: `${name} lets nobody else in: give it "optional: true"` };
      }
    }
  },
  register: () => ({
    route: ({ anyOf }) => ({
      // Behind all that authenticate, whatever their order.
      phase: 'authorize',
      onRequest(request) {
        if (request.consumer !== undefined) return;
        const offered = challengesOf(request);
        const challenges = anyOf.flatMap((name) => offered.get(name) ?? []);
        throw new GatewayError('GW_TOKEN_MISSING', `send credentials: any of ${anyOf.join(', ')}`, {
          headers: { 'www-authenticate': challenges.join(', ') || 'Bearer realm="portico"' },
        });
      },
    }),
  }),
});
