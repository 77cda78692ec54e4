/**
 * Lets pages of other origins call a route, as the Fetch standard defines it.
 *
 * Preflights are answered here, before authentication, because browsers send them without credentials.
 * CORS fields from an upstream are dropped: two sets of them would be invalid.
 */
import {
  definePlugin,
  duration,
  fieldName,
  type PluginHooks,
  type RequestHook,
  type ResponseHead,
  type ScriptFields,
  z,
} from 'portico';
import { loosened } from './loosened.ts';
import { isNamedBy, patternFault } from './origin-patterns.ts';

/** Any origin; and that of pages which have none of their own, such as sandboxed frames and files. */
const WORDS: ReadonlySet<string> = new Set(['*', 'null']);

const pattern = z.string().superRefine((text, context) => {
  const message = WORDS.has(text) ? undefined : patternFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const Options = z
  .strictObject({
    origins: z
      .array(pattern)
      .min(1)
      .describe(
        'Origins that may call, as browsers send them: `https://shop.example.com`, `http://[::1]:3000`, `capacitor://localhost`; `https://*.example.com` for all names below one, `*` for any.',
      ),
    methods: z
      .array(z.string().regex(/^[A-Z]+$/))
      .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .describe('Methods that a preflight allows.'),
    headers: z
      .array(fieldName())
      .optional()
      .describe('Request headers that a preflight allows; if absent, those it asks for.'),
    expose: z.array(fieldName()).default([]).describe('Response headers that scripts may read.'),
    credentials: z
      .boolean()
      .default(false)
      .describe('Whether pages may send cookies and authorization.'),
    maxAge: duration().prefault('10m').describe('How long browsers may cache a preflight.'),
  })
  .describe('Cross-origin requests.');
export type Options = z.output<typeof Options>;

export default definePlugin({
  name: 'cors',
  settings: z.strictObject({}),
  options: Options,
  *check({ origins, credentials }) {
    if (!credentials || !origins.includes('*')) return;
    const message =
      'credentials would be allowed for any origin: name the origins, or every page could act as the user';
    yield { path: ['credentials'], message };
  },
  risks: {
    rules: { 'cors-null-credentials': 'high' },
    *ofOptions({ origins, credentials }) {
      if (!credentials || !origins.includes('null')) return;
      const message =
        'any page can have the origin null (in a sandboxed frame) and could act as the user';
      yield { rule: 'cors-null-credentials', path: [], message };
    },
  },
  loosened: { ofOptions: loosened },
  register: () => ({
    route: (options, { scripts }) => hooks(withFieldsOf(scripts, options)),
  }),
});

/** Adds what the other plugins on the route need, which nobody should have to know. */
const withFieldsOf = ({ send, read }: ScriptFields, options: Options): Options => ({
  ...options,
  expose: [...new Set([...options.expose, ...read])],
  headers: options.headers && [...new Set([...options.headers, ...send])],
});

const hooks = (options: Options): PluginHooks => ({
  phase: 'cors',
  onRequest: answerPreflight,
  explain: answerPreflight,
  onResponse(request, head) {
    for (const name of Object.keys(head.headers)) {
      if (name.startsWith('access-control-')) delete head.headers[name];
    }
    if (!options.origins.includes('*') || options.credentials) vary(head, 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !options.origins.some((each) => isNamedBy(each, origin))) return;
    grant(head, origin, options);
    if (isPreflight(request.method, request.headers)) {
      grantPreflight(head, request.headers['access-control-request-headers'], options);
    }
  },
});

const answerPreflight: RequestHook = (request, reply) => {
  if (!isPreflight(request.method, request.headers)) return;
  void reply.code(204).send();
};

function isPreflight(method: string, headers: NodeJS.Dict<string | string[]>): boolean {
  return (
    method === 'OPTIONS' &&
    headers['origin'] !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

function grant(head: ResponseHead, origin: string, options: Options): void {
  const any = options.origins.includes('*') && !options.credentials;
  head.headers['access-control-allow-origin'] = any ? '*' : origin;
  if (options.credentials) head.headers['access-control-allow-credentials'] = 'true';
  if (options.expose.length > 0) {
    head.headers['access-control-expose-headers'] = options.expose.join(', ');
  }
}

function grantPreflight(
  head: ResponseHead,
  asked: string | undefined,
  { methods, headers, maxAge }: Options,
): void {
  head.headers['access-control-allow-methods'] = methods.join(', ');
  const allowed = headers?.join(', ') ?? asked;
  if (allowed !== undefined) head.headers['access-control-allow-headers'] = allowed;
  head.headers['access-control-max-age'] = String(Math.floor(maxAge / 1_000));
  if (headers === undefined) vary(head, 'Access-Control-Request-Headers');
}

function vary(head: ResponseHead, name: string): void {
  const known = head.headers['vary'];
  head.headers['vary'] = known === undefined ? name : [known, name].flat().join(', ');
}
