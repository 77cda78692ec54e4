/** Puts a text into one header: of the requests that go to upstreams, and of the responses. */
import { definePlugin, fieldName, withHeader, z } from 'portico';

export default definePlugin({
  name: 'myPlugin',
  /** For all routes, under `plugins.myPlugin` of the config. */
  settings: z.strictObject({ header: fieldName().default('x-stamp') }),
  /** For one route, under its key `myPlugin`. */
  options: z.strictObject({ text: z.string().regex(/^[\x20-\x7e]{1,100}$/) }),
  /** Clients cannot send it themselves. */
  owns: ({ header }) => [header],
  register: ({ header }) => ({
    /** Runs once for each route that has the key. */
    route: ({ text }) => ({
      policy: () => (next) => (call) => next(withHeader(call, header, text)),
      onResponse(_request, head) {
        head.headers[header] = text;
      },
    }),
  }),
});
