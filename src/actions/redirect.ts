/** Answers with a redirect. */
import { z } from 'zod';
import { defined } from '../config/build/upstream.ts';
import { checkOwnPath, checkTarget } from '../config/check/template.ts';
import type { Finding, Path } from '../config/fault.ts';
import { shown } from '../config/schema/types.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { canonicalHost, hostName } from '../core/canonical-host.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { redirectLocation, type RedirectTarget } from '../routes/redirect-location.ts';
import { clientPaths } from '../openapi/client-path.ts';
import { freeForm } from '../openapi/free-form.ts';
import { response } from '../openapi/operation.ts';
import type { Action } from '../routes/route.ts';
import { defineAction } from './action.ts';

const isHost = (text: string): boolean =>
  canonicalHost(text) !== undefined && hostName(text) === text;

const Redirect = z
  .strictObject({
    to: z
      .string()
      .regex(/^(\/|https?:\/\/)[\x21-\x7e]*$/, {
        error: (issue) => `${shown(issue.input)} is neither a path nor an http or https URL`,
      })
      .optional()
      .describe(
        'Path or URL; `*` is the rest of the path after the prefix, `{id}` a parameter. Default: the path that was asked for.',
      ),
    scheme: z
      .enum(['http', 'https'])
      .optional()
      .describe('Scheme of the URL. Default: what was asked for.'),
    host: z
      .string()
      .refine(isHost, {
        error: (issue) =>
          `${shown(issue.input)} is not a host, such as www.example.com; give the port as "port"`,
      })
      .optional()
      .describe('Host of the URL, without port. Default: what was asked for.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Port of the URL. Default: that of `scheme`; without it, what was asked for.'),
    query: z.enum(['keep', 'drop']).default('keep').describe("What becomes of the client's query."),
    status: z
      .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
      .default(308)
      .describe(
        'With 301 and 302 a POST may become a GET, with 303 it always does; 307 and 308 keep the method.',
      ),
  })
  .describe('Action: answer with a redirect.');

interface RedirectConfig extends RedirectTarget {
  readonly kind: 'redirect';
  readonly status: number;
}

export const redirect = defineAction({
  key: 'redirect',
  kind: 'redirect',
  schema: Redirect,
  callsUpstreams: false,
  readsBody: false,
  *check({ route, at, matches }) {
    const { redirect: written } = route;
    if (!isMap(written)) return;
    const path = [...at, 'redirect'];
    yield* checkParts(written, path);
    if (typeof written['to'] !== 'string') return;
    yield* checkTarget(written['to'], [...path, 'to'], matches);
    yield* checkOwnPath(written['to'], [...path, 'to']);
  },
  build: ({ query, status, ...parts }): RedirectConfig => ({
    kind: 'redirect',
    ...defined(parts),
    query,
    status,
  }),
  document: ({ status }, { route, warn }) =>
    clientPaths(route, warn).flatMap((path) =>
      freeForm(path, { responses: { [status]: response('A redirect.', {}, LOCATION) } }),
    ),
  create: (_route, config) => redirecting(config),
  plan: (config) => {
    const locate = redirectLocation(config);
    const { status } = config;
    return (exchange) => ({ calls: [], answer: { status, location: locate(exchange) } });
  },
});

const LOCATION = {
  Location: { description: 'Where it leads.', isRequired: true, schema: { type: 'string' } },
};

const PARTS = ['scheme', 'host', 'port'] as const;

function* checkParts(written: Tree, path: Path): Generator<Finding> {
  const { to } = written;
  const given = PARTS.filter((key) => written[key] !== undefined);
  if (to === undefined && given.length === 0) {
    yield { path, message: 'leads back to itself: give "to", "scheme", "host" or "port"' };
  }
  if (typeof to !== 'string' || /^\/(?!\/)/.test(to)) return;
  for (const key of given) {
    const message = '"to" is a URL, which says it already: give the path alone, or leave this out';
    yield { path: [...path, key], at: 'key', message };
  }
}

function redirecting(config: RedirectConfig): Action {
  const locate = redirectLocation(config);
  return function redirected(request, reply) {
    void reply
      .code(config.status)
      .header('location', locate(exchangeOf(request.raw)))
      .send();
  };
}
