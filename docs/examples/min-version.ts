/** Refuses apps that are too old. */
import { definePlugin, GatewayError, z } from 'portico';

export default definePlugin({
  name: 'minVersion',
  settings: z.strictObject({ header: z.string().default('x-app-version') }),
  options: z.int().min(1).describe('Oldest version that is served.'),
  register: ({ header }) => ({
    route: (oldest) => ({
      phase: 'validate',
      onRequest(request) {
        if (Number(request.headers[header]) >= oldest) return;
        throw new GatewayError('GW_GONE', `needs version ${oldest} of the app`);
      },
    }),
  }),
});
