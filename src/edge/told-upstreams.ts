/** Headers that a hook sets on every call made for a request. */
import type { FastifyRequest } from 'fastify';
import { exchangeOf } from './client-exchange.ts';

/**
 * Sets a header on every call to upstreams for `request`; `name` may be in any case. The plugin must list
 * the header in its `owns`, so that no client can send it.
 */
export function tellUpstreams(request: FastifyRequest, name: string, value: string): void {
  const exchange = exchangeOf(request.raw);
  exchange.toldUpstreams ??= {};
  exchange.toldUpstreams[name.toLowerCase()] = value;
}
