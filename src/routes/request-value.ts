/** What a template's `{name}` stands for in a client's request: one reading, wherever templates are. */
import { textOfClaim } from '../core/claims.ts';
import { firstValue } from '../core/headers.ts';
import type { Reference } from '../config/schema/template.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { queryValue } from './conditions.ts';

/**
 * The value of `{id}` (of the path), `{query.q}`, `{header.x}` or `{claim.c}`; `undefined` if the request has none, or the root is
 * none of these.
 */
export function requestValue(
  { root, rest }: Reference,
  exchange: ClientExchange,
): string | undefined {
  if (rest.length === 0) return exchange.params[root];
  const name = rest.join('.');
  if (root === 'query') return queryValue(exchange.query, name);
  if (root === 'header') return firstValue(exchange.headers[name.toLowerCase()]);
  if (root === 'claim') return textOfClaim(exchange.consumer?.claims, rest);
  return undefined;
}
