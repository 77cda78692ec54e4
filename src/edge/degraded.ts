/** Marks an answer with the parts it lacks. */
import type { FastifyReply } from 'fastify';
import type { MutableHeaders } from '../core/headers.ts';
import type { MissingPart, RequestRecord } from '../core/record.ts';
import { exchangeOf } from './client-exchange.ts';

const FIELD = 'gateway-degraded';

/** Adds to `Gateway-Degraded: payment;reason=timeout`, and forbids caching the answer. */
export function markDegraded(reply: FastifyReply, missing: readonly MissingPart[]): void {
  if (missing.length === 0) return;
  const fields = degradedFields(exchangeOf(reply.request.raw).record, missing);
  const known = reply.getHeader(FIELD);
  void reply.headers({
    ...fields,
    [FIELD]: [...(known === undefined ? [] : [String(known)]), fields[FIELD]].join(', '),
  });
}

/** Remembers the parts that an answer lacks, for the log and traces. */
export function noteMissing(record: RequestRecord, missing: readonly MissingPart[]): void {
  if (missing.length > 0) record.missing = [...record.missing, ...missing];
}

/** The same fields for an answer without Fastify's reply; none if nothing is missing. */
export function degradedFields(
  record: RequestRecord,
  missing: readonly MissingPart[],
): MutableHeaders {
  if (missing.length === 0) return {};
  noteMissing(record, missing);
  const names = missing.map(
    ({ name, reason, count }) =>
      `${name};reason=${reason}${count === undefined ? '' : `;count=${count}`}`,
  );
  return { [FIELD]: names.join(', '), 'cache-control': 'no-store' };
}
