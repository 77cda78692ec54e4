/**
 * The only place that makes an UpstreamRequest: all of its properties, in one order, and all of its fields but those
 * that depend on the upstream; see upstream/destination.ts.
 */
import type { UpstreamRequest } from './call.ts';
import type { CallContext } from './call-context.ts';
import type { Cancellation } from './cancellation.ts';
import type { HeaderValue } from './headers.ts';
import type { CallRecord } from './record.ts';

export interface CallDescription {
  readonly upstream: string;
  readonly method: string;
  /** Canonical, without the query. */
  readonly path: string;
  /** With its `?`; empty if there is none. */
  readonly query: string;
  /** What is specific to this call. The request takes it over and adds the fields that every call has. */
  readonly headers: Record<string, HeaderValue>;
  readonly body: UpstreamRequest['body'];
}

export function upstreamRequest(
  context: CallContext,
  description: CallDescription,
  signal: Cancellation,
  record: CallRecord,
): UpstreamRequest {
  const { headers } = description;
  const { fields, trace, toldUpstreams } = context;
  // Loops, because spreading two objects makes V8 go through a dictionary.
  for (const name in fields) headers[name] ??= fields[name]!;
  trace?.tell(headers, record);
  if (toldUpstreams !== undefined) {
    for (const name in toldUpstreams) headers[name] = toldUpstreams[name]!;
  }
  return {
    context,
    upstream: description.upstream,
    route: context.route,
    method: description.method,
    path: description.path,
    query: description.query,
    headers,
    body: description.body,
    signal,
    deadlineAt: Number.POSITIVE_INFINITY,
    consumer: context.consumer,
    id: context.id,
    attempt: 1,
    key: undefined,
    tried: NO_TARGETS,
    record,
  };
}

const NO_TARGETS: readonly string[] = [];
