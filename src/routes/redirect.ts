/** Answers with a redirect. */
import { parseTemplate, renderTemplate } from '../config/template.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { Action, Route } from './route.ts';

/** The action of a route with `redirect`; the query goes along. */
export function redirect(route: Route): Action {
  const { action } = route.config;
  if (action.kind !== 'redirect') throw new TypeError('not a redirect');
  const { to, status } = action;
  const keepsRest = to.endsWith('/*');
  const template = parseTemplate(keepsRest ? to.slice(0, -2) : to);
  return function redirected(request, reply) {
    const { params, rest, query } = exchangeOf(request.raw);
    const base = renderTemplate(template, ({ root }) => encodeURIComponent(params[root] ?? ''));
    const location = keepsRest ? base + rest || '/' : base;
    const joined = query !== '' && location.includes('?') ? `&${query.slice(1)}` : query;
    void reply
      .code(status)
      .header('location', location + joined)
      .send();
  };
}
