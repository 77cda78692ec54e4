/**
 * Tells browsers to treat a route's responses strictly.
 *
 * A field that an upstream sets stays, unless the route names the field: a page knows best which scripts
 * it needs.
 */
import { definePlugin, fieldValue, z } from 'portico';

const DEFAULTS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
type Field = keyof typeof DEFAULTS;
const FIELDS = Object.keys(DEFAULTS) as Field[];

const field = (name: Field) =>
  z
    .union([z.literal(false), fieldValue().min(1)])
    .optional()
    .describe(`Default \`${DEFAULTS[name]}\`; \`false\` leaves it to the upstream.`);

const Options = z
  .strictObject({
    'content-security-policy': field('content-security-policy'),
    'cross-origin-opener-policy': field('cross-origin-opener-policy'),
    'cross-origin-resource-policy': field('cross-origin-resource-policy'),
    'permissions-policy': field('permissions-policy'),
    'referrer-policy': field('referrer-policy'),
    'strict-transport-security': field('strict-transport-security'),
    'x-content-type-options': field('x-content-type-options'),
    'x-frame-options': field('x-frame-options'),
  })
  .describe('Fields that make browsers strict; those that the upstream sets are kept.');

export default definePlugin({
  name: 'securityHeaders',
  settings: z.strictObject({}),
  options: Options,
  loosened: {
    *ofOptions(before, after) {
      if (before === undefined) return;
      const isSet = (options: typeof before | undefined, name: Field): boolean =>
        options !== undefined && options[name] !== false;
      const gone = FIELDS.filter((name) => isSet(before, name) && !isSet(after, name));
      if (gone.length === 0) return;
      const message = `browsers are no longer told ${gone.join(', ')}`;
      yield { path: [], message, severity: 'low' };
    },
  },
  register: () => ({
    route(options) {
      const fields = FIELDS.filter((name) => options[name] !== false);
      return {
        onResponse(_request, { headers }) {
          for (const name of fields) {
            const own = options[name];
            if (typeof own === 'string') headers[name] = own;
            else headers[name] ??= DEFAULTS[name];
          }
        },
      };
    },
  }),
});
