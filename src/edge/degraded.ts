/** Says which parts an answer is made without. */
import type { FastifyReply } from 'fastify';
import { exchangeOf, type MissingPart } from './client-exchange.ts';

/** `Gateway-Degraded: payment;reason=timeout`, added to; such an answer is not for caches. */
export function markDegraded(reply: FastifyReply, missing: readonly MissingPart[]): void {
  if (missing.length === 0) return;
  const exchange = exchangeOf(reply.request.raw);
  exchange.missing = [...exchange.missing, ...missing];
  const known = reply.getHeader('gateway-degraded');
  const texts = missing.map(({ name, reason }) => `${name};reason=${reason}`);
  const text = [...(known === undefined ? [] : [String(known)]), ...texts].join(', ');
  void reply.header('gateway-degraded', text).header('cache-control', 'no-store');
}
