/** Headers that a hook has found out and every call made for the request is to carry. */
import type { FastifyRequest } from 'fastify';
import { exchangeOf } from './client-exchange.ts';

/**
 * Sets a header on all that is sent to upstreams for `request`; `name` in any case. A plugin that does
 * so names the header in its `owns`, so that no client can send it.
 */
export function tellUpstreams(request: FastifyRequest, name: string, value: string): void {
  const exchange = exchangeOf(request.raw);
  exchange.toldUpstreams ??= {};
  exchange.toldUpstreams[name.toLowerCase()] = value;
}
