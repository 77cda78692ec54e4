/** Tells the upstream which tenant a call is for. */
import { type Consumer, definePlugin, GatewayError, withHeader, z } from 'portico';

const tenantOf = (consumer: Consumer | undefined): string | undefined => {
  const tenant = consumer?.claims['tenant'];
  // A claim may hold what a header, or the upstream's SQL, should not.
  return typeof tenant === 'string' && /^[\w-]{1,64}$/.test(tenant) ? tenant : undefined;
};

export default definePlugin({
  name: 'tenant',
  /** Plugin-wide, under `plugins.tenant`. */
  settings: z.strictObject({ header: z.string().default('x-tenant') }),
  /** Per route, under its key `tenant`. */
  options: z.strictObject({ required: z.boolean().default(false) }),
  /** Headers only the gateway may set. */
  owns: ({ header }) => [header],
  register: ({ header }) => ({
    /** Once for each route that has the key. */
    route: ({ required }) => ({
      phase: 'authorize',
      onRequest({ consumer }) {
        if (required && tenantOf(consumer) === undefined) {
          throw new GatewayError('GW_SCOPE_INSUFFICIENT', 'no tenant');
        }
      },
      policy: () => (next) => (call) =>
        next(withHeader(call, header, tenantOf(call.consumer) ?? 'public')),
    }),
  }),
});
