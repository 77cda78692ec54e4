/** Stamps answers. */
import { definePlugin, type ResponseHead, z } from 'portico';

interface Stamp {
  readonly text: string;
}

export default definePlugin({
  name: 'stamp',
  settings: z.strictObject({}),
  options: z.strictObject({ text: z.string() }),
  register: () => ({
    phase: 'request',
    onResponse(_request, head: ResponseHead, { text }: Stamp) {
      head.headers['x-stamp'] = text;
    },
  }),
});
