/** The schema of versions: what one version says of itself, and how a request names the one it wants. */
import { date, fieldName, hint, type OptionFault, z } from 'portico';

const url = () =>
  z
    .string()
    .refine(
      (text) => /^https?:\/\/[\x21\x23-\x3b\x3d\x3f-\x7e]+$/.test(text) && URL.canParse(text),
      'must be an http or https URL, without spaces, quotes or angle brackets',
    );

const versionName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be letters, digits and . _ - (at most 63)');

const LIFE = {
  deprecated: date()
    .optional()
    .describe('From when on nobody should use it; may be to come. Sent as `Deprecation`.'),
  sunset: date().optional().describe('When it ends. Sent as `Sunset`.'),
  link: url()
    .optional()
    .describe('Page that says what to do. Sent as `Link`, `rel="deprecation"` and `"sunset"`.'),
  successor: url()
    .optional()
    .describe('What replaces it. Sent as `Link`, `rel="successor-version"`.'),
  afterSunset: z
    .enum(['serve', 'gone'])
    .optional()
    .describe('Once its sunset is past: served as before (the default), or 410.'),
} as const;

const Life = z.strictObject(LIFE).describe('One version: `{}` if nothing is to be said of it.');
export type Life = z.output<typeof Life>;

/** Where a request names its version. */
const FROM =
  /^(media(:[A-Za-z0-9_-]+)?|(path|query):[A-Za-z0-9_.-]+|header:[!#$%&'*+.^`|~0-9A-Za-z-]+)$/;

const Inline = z.strictObject({
  name: versionName()
    .optional()
    .describe('What metrics and the access log call it. Default: the name of the route.'),
  ...LIFE,
  from: z
    .string()
    .regex(
      FROM,
      'must be header:<name>, query:<name>, path:<parameter>, media or media:<parameter>',
    )
    .optional()
    .describe(
      'Where a request names its version: `header:x-api-version`, `query:v`, `path:version` (a parameter of the path), `media` (`application/vnd.shop.v2+json`) or `media:version` (`application/json;version=2`).',
    ),
  default: versionName()
    .optional()
    .describe('Version of requests that name none; without it, they are refused.'),
  versions: z
    .record(versionName(), Life)
    .optional()
    .describe('Version → what it says of itself. Only these are served.'),
});

export const Options = Inline.describe(
  'The version of the API that a route serves, or where requests name theirs.',
);
export type Options = z.output<typeof Options>;

export const Settings = z.strictObject({
  consumers: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe(
      'How many consumers the metric names that still call deprecated versions; the rest is `other`. 0 names none.',
    ),
});
export type Settings = z.output<typeof Settings>;

const LIFE_KEYS = Object.keys(LIFE) as (keyof Life)[];

/** In backquotes, because with others it looks like an import to what looks for imports. */
const AT_FROM = [`from`];

/** Every version of a route, with its path below the key. */
export const livesOf = (
  options: Options,
): readonly {
  readonly name: string | undefined;
  readonly life: Life;
  readonly path: string[];
}[] =>
  options.versions === undefined
    ? [{ name: options.name, life: options, path: [] }]
    : Object.entries(options.versions).map(([name, life]) => ({
        name,
        life,
        path: ['versions', name],
      }));

/** What the schema cannot see. */
export function* checkVersions(
  options: Options,
  others: ReadonlyMap<string, unknown>,
): Generator<OptionFault> {
  yield* checkForm(options);
  for (const { life, path } of livesOf(options)) yield* checkLife(life, path);
  const parameter = /^path:(.*)$/.exec(options.from ?? '')?.[1];
  if (parameter !== undefined) yield* checkParameter(parameter, others.get('match'));
  if (options.from?.startsWith('header:') === true) {
    const name = options.from.slice('header:'.length);
    yield* checkOwned(name.toLowerCase(), others.get('headers'));
    if (fieldName().safeParse(name).success && !name.includes('_')) return;
    yield { path: AT_FROM, message: `no request has the header ${name}` };
  }
}

function* checkForm(options: Options): Generator<OptionFault> {
  const { from, versions, name, default: standard } = options;
  if (from === undefined) {
    for (const key of ['versions', 'default'] as const) {
      if (options[key] !== undefined)
        yield { path: [key], at: 'key', message: 'needs the key from, too' };
    }
    return;
  }
  const known = Object.keys(versions ?? {});
  if (known.length === 0) {
    yield { path: AT_FROM, message: 'needs versions: the names that requests may use' };
  }
  for (const key of ['name', ...LIFE_KEYS] as const) {
    if (options[key] === undefined) continue;
    const message =
      name !== undefined && key === 'name'
        ? 'cannot stand beside the key from: the versions have their own names'
        : `belongs to one of the versions, such as versions.${known[0] ?? 'v1'}.${key}`;
    yield { path: [key], at: 'key', message };
  }
  if (standard !== undefined && !known.includes(standard)) {
    yield { path: ['default'], message: `no such version${hint(standard, known)}` };
  }
}

function* checkLife(
  { deprecated, sunset, afterSunset }: Life,
  path: readonly string[],
): Generator<OptionFault> {
  if (afterSunset !== undefined && sunset === undefined) {
    yield { path: [...path, 'afterSunset'], at: 'key', message: 'needs sunset' };
  }
  // RFC 9745 §4.
  if (deprecated === undefined || sunset === undefined || sunset >= deprecated) return;
  yield { path: [...path, 'sunset'], message: 'must not be before deprecated' };
}

/** Every path that the route matches must have the parameter. */
function* checkParameter(name: string, match: unknown): Generator<OptionFault> {
  for (const each of [match].flat()) {
    const { path } = (each ?? {}) as { readonly path?: unknown };
    if (typeof path !== 'string' || path.includes(`{${name}}`)) continue;
    const found = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, parameter]) => parameter!);
    yield { path: AT_FROM, message: `"${path}" has no parameter {${name}}${hint(name, found)}` };
  }
}

/** A field that the gateway sets for upstreams is removed from what clients send. */
function* checkOwned(name: string, headers: unknown): Generator<OptionFault> {
  const { request } = (headers ?? {}) as { readonly request?: { readonly set?: object } };
  const set = Object.keys(request?.set ?? {}).map((field) => field.toLowerCase());
  if (!name.startsWith('x-') || !set.includes(name)) return;
  const message = `headers.request sets ${name}, so no client can send it: set another field`;
  yield { path: AT_FROM, message };
}
