/** The one place where an UpstreamRequest is made: all fields, in one order. */
import type { CallNotes, UpstreamRequest } from '../core/call.ts';
import type { Cancellation } from '../core/cancellation.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { MutableHeaders } from '../core/headers.ts';

export interface CallDescription {
  readonly upstream: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: MutableHeaders;
  readonly body: UpstreamRequest['body'];
  readonly signal: Cancellation;
  /** What balancing by hash goes by. */
  readonly key: string | undefined;
  /** On the gateway's clock; `Infinity` leaves it to the deadline policy. */
  readonly deadlineAt: number;
  /** Of this call alone, where others may be under way beside it. */
  readonly notes: CallNotes;
}

export function upstreamRequest(
  exchange: ClientExchange,
  description: CallDescription,
): UpstreamRequest {
  const { toldUpstreams } = exchange;
  if (toldUpstreams !== undefined) Object.assign(description.headers, toldUpstreams);
  return {
    upstream: description.upstream,
    route: exchange.route,
    method: description.method,
    path: description.path,
    query: description.query,
    headers: description.headers,
    body: description.body,
    signal: description.signal,
    deadlineAt: description.deadlineAt,
    consumer: exchange.consumer,
    id: exchange.id,
    attempt: 1,
    key: description.key,
    tried: NO_TARGETS,
    notes: description.notes,
  };
}

const NO_TARGETS: readonly string[] = [];
