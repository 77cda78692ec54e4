/** The only place that makes an UpstreamRequest: all fields, in one order. */
import type { UpstreamRequest } from './call.ts';
import type { CallContext } from './call-context.ts';
import type { Cancellation } from './cancellation.ts';
import type { Headers } from './headers.ts';
import type { CallRecord } from './record.ts';

export interface CallDescription {
  readonly upstream: string;
  readonly method: string;
  /** Canonical, without the query. */
  readonly path: string;
  /** With its `?`; empty if there is none. */
  readonly query: string;
  /** Without the fields that every call has; see upstream/destination.ts. */
  readonly headers: Headers;
  readonly body: UpstreamRequest['body'];
  readonly signal: Cancellation;
  readonly record: CallRecord;
}

export function upstreamRequest(
  context: CallContext,
  description: CallDescription,
): UpstreamRequest {
  return {
    context,
    upstream: description.upstream,
    route: context.route,
    method: description.method,
    path: description.path,
    query: description.query,
    headers: description.headers,
    body: description.body,
    signal: description.signal,
    deadlineAt: Number.POSITIVE_INFINITY,
    consumer: context.consumer,
    id: context.id,
    attempt: 1,
    key: undefined,
    tried: NO_TARGETS,
    record: description.record,
  };
}

const NO_TARGETS: readonly string[] = [];
