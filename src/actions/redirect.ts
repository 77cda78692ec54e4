/** Answers with a redirect. */
import { z } from 'zod';
import { checkOwnPath, checkTarget } from '../config/check/template.ts';
import {
  parseTemplate,
  type Reference,
  renderTemplate,
  type Template,
} from '../config/schema/template.ts';
import { isMap } from '../config/yaml/tree.ts';
import { shown } from '../config/schema/types.ts';
import { encodeQueryValue, encodeSegment } from '../core/canonical-path.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { unfit } from '../routes/rewrite.ts';
import type { Action } from '../routes/route.ts';
import { defineAction } from './action.ts';

const Redirect = z
  .strictObject({
    to: z
      .string()
      .regex(/^(\/|https?:\/\/)[\x21-\x7e]*$/, {
        error: (issue) => `${shown(issue.input)} is neither a path nor an http or https URL`,
      })
      .describe('Path or URL; `*` is the rest of the path after the prefix, `{id}` a parameter.'),
    status: z
      .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
      .default(308)
      .describe(
        'With 301 and 302 a POST may become a GET, with 303 it always does; 307 and 308 keep the method.',
      ),
  })
  .describe('Action: answer with a redirect.');

interface RedirectConfig {
  readonly kind: 'redirect';
  readonly to: string;
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
    if (!isMap(written) || typeof written['to'] !== 'string') return;
    const path = [...at, 'redirect', 'to'];
    yield* checkTarget(written['to'], path, matches);
    yield* checkOwnPath(written['to'], path);
  },
  build: (written): RedirectConfig => ({ kind: 'redirect', ...written }),
  create: (_route, config) => redirecting(config),
  plan: (config) => {
    const locate = locating(config);
    const { status } = config;
    return (exchange) => ({ calls: [], answer: { status, location: locate(exchange) } });
  },
});

function redirecting(config: RedirectConfig): Action {
  const locate = locating(config);
  return function redirected(request, reply) {
    void reply
      .code(config.status)
      .header('location', locate(exchangeOf(request.raw)))
      .send();
  };
}

/** `Location` for a request; it keeps the client's query. */
function locating({ to }: RedirectConfig): (exchange: ClientExchange) => string {
  const keepsRest = to.endsWith('/*');
  const template = parseTemplate(keepsRest ? to.slice(0, -2) : to);
  const encoders = encodersOf(template);
  return ({ params, rest, query }) => {
    const base = fill(template, (reference) =>
      encoders.get(reference)!(params[reference.root] ?? ''),
    );
    const location = keepsRest ? base + rest || '/' : base;
    const joined = query !== '' && location.includes('?') ? `&${query.slice(1)}` : query;
    return location + joined;
  };
}

type Encode = (value: string) => string;

/** How each value is encoded: as a segment in the path, as plain text in the host, a query or a fragment. */
function encodersOf({ literals, references }: Template): ReadonlyMap<Reference, Encode> {
  return new Map(
    references.map((reference, i) => {
      const before = literals.slice(0, i + 1).join('x');
      const isHost = /^(?:https?:)?\/\/[^/?#]*$/i.test(before);
      return [reference, isHost || /[?#]/.test(before) ? encodeQueryValue : encodeSegment];
    }),
  );
}

/** @throws GW_REQUEST_INVALID for a value that cannot stand in the path */
function fill(template: Template, value: (reference: Reference) => string): string {
  try {
    return renderTemplate(template, value);
  } catch (error) {
    throw unfit(error);
  }
}
