/** Answers with a redirect. */
import { encodeQueryValue, encodeSegment } from '../canonical-path.ts';
import {
  parseTemplate,
  type Reference,
  renderTemplate,
  type Template,
} from '../config/template.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { unfit } from './rewrite.ts';
import type { Action, Route } from './route.ts';

/** The action of a route with `redirect`; the query goes along. */
export function redirect(route: Route): Action {
  const { action } = route.config;
  if (action.kind !== 'redirect') throw new TypeError('not a redirect');
  const { to, status } = action;
  const keepsRest = to.endsWith('/*');
  const template = parseTemplate(keepsRest ? to.slice(0, -2) : to);
  const encoders = encodersOf(template);
  return function redirected(request, reply) {
    const { params, rest, query } = exchangeOf(request.raw);
    const base = fill(template, (reference) =>
      encoders.get(reference)!(params[reference.root] ?? ''),
    );
    const location = keepsRest ? base + rest || '/' : base;
    const joined = query !== '' && location.includes('?') ? `&${query.slice(1)}` : query;
    void reply
      .code(status)
      .header('location', location + joined)
      .send();
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

/** @throws GW_REQUEST_INVALID for a value that can not stand in the path */
function fill(template: Template, value: (reference: Reference) => string): string {
  try {
    return renderTemplate(template, value);
  } catch (error) {
    throw unfit(error);
  }
}
