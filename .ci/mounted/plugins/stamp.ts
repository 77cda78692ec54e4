/** Stamps answers. */
import { definePlugin, z } from 'portico';

export default definePlugin({
  name: 'stamp',
  settings: z.strictObject({}),
  options: z.strictObject({ text: z.string() }),
  register: () => ({
    route: ({ text }) => ({
      onResponse(_request, head) {
        head.headers['x-stamp'] = text;
      },
    }),
  }),
});
