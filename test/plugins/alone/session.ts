/** Uses what the gateway adds to a request, as a project of somebody's own would. */
import { definePlugin, GatewayError, type RequestView, z } from 'portico';

export const pathOf = ({ path, query }: RequestView): string => path + query;

export default definePlugin({
  name: 'session',
  identifies: true,
  settings: z.strictObject({}),
  options: z.strictObject({}),
  register: () => ({
    route: () => ({
      phase: 'authenticate',
      onRequest(request) {
        if (request.consumer !== undefined) return;
        if (pathOf(request.gateway) === '/') throw new GatewayError('GW_TOKEN_MISSING', 'log in');
        request.consumer = { id: 'ann', via: 'session', scopes: new Set(), claims: {} };
      },
    }),
  }),
});
