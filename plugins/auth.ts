/**
 * Admits clients that have authenticated in any of several ways, such as by a token or a key.
 *
 * The plugins that look for credentials are on the same route, each `optional`: they admit a request without
 * their credential, and refuse an invalid one whatever else the request has.
 */
import { challengesOf, definePlugin, GatewayError, type RequestHook, z } from 'portico';

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
      if (!others.has(name)) yield { path, message: `this route has no ${name}` };
      else if ((others.get(name) as { readonly optional?: unknown }).optional !== true) {
        yield { path, message: `${name} admits nobody else: give it "optional: true"` };
      }
    }
  },
  document: () => ({ errors: ['GW_TOKEN_MISSING'] }),
  loosened: {
    *ofOptions(before, after) {
      const more = after?.anyOf.filter((name) => before?.anyOf.includes(name) === false) ?? [];
      if (more.length === 0) return;
      yield { path: ['anyOf'], message: `clients that only ${more.join(', ')} knows are admitted` };
    },
  },
  register: () => ({
    route({ anyOf }) {
      const admit: RequestHook = (request) => {
        if (request.consumer !== undefined) return;
        const offered = challengesOf(request);
        const challenges = anyOf.flatMap((name) => offered.get(name) ?? []);
        throw new GatewayError('GW_TOKEN_MISSING', `send credentials: any of ${anyOf.join(', ')}`, {
          headers: { 'www-authenticate': challenges.join(', ') || 'Bearer realm="portico"' },
        });
      };
      // Behind all that authenticate, whatever their order.
      return { phase: 'authorize', onRequest: admit, explain: admit };
    },
  }),
});
