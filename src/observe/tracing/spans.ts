/**
 * The spans of one request, made of its record once it has ended: request ▸ call or part ▸ attempt.
 *
 * Names and attributes follow the semantic conventions for HTTP spans (OpenTelemetry, stable since 1.23); what they have
 * no word for begins with `portico.`. Queries, credentials and bodies are never in them. Attributes are set one by one,
 * because objects made of lists of entries took longer than all the rest.
 */
import type { AttemptRecord, CallRecord, RequestRecord } from '../../core/record.ts';
import { spanIdOf, type TraceContext } from '../../core/trace-context.ts';
import type { TraceIds } from '../../core/trace-ids.ts';
import { errorType, writeMethod, writeServer, writeTarget } from './http-attributes.ts';
import type { AttributeDraft, Span, SpanEvent } from './span.ts';

/** A client's request, as far as its spans tell. */
export interface TracedRequest {
  readonly id: string;
  readonly method: string;
  /** Authority as the client asked for it; empty if it could not be read. */
  readonly host: string;
  /** Canonical, without the query. */
  readonly path: string;
  readonly scheme: string;
  readonly address: string;
  readonly route: string;
  readonly endpoint: string;
  readonly consumer: { readonly id: string } | undefined;
  readonly trace: TraceContext | undefined;
  readonly record: RequestRecord;
}

/** How a request ended. */
export interface Ended {
  readonly status: number;
  readonly now: number;
  /** The pattern of the route's path, where it has one. */
  readonly pattern: string | undefined;
}

/** @param ids for the spans of calls, which no upstream has been told of */
export function spansOf(
  request: TracedRequest,
  trace: TraceContext,
  ended: Ended,
  ids: TraceIds,
): Span[] {
  const spans = [requestSpan(request, trace, ended)];
  for (const call of request.record.calls) {
    spans.push(...callSpans(call, trace.spanId, ended.now, ids));
  }
  return spans;
}

/** The span of a call below `parentId`, then those of its attempts. */
export function callSpans(call: CallRecord, parentId: string, now: number, ids: TraceIds): Span[] {
  const id = ids.spanId();
  const endMs = call.ms > 0 ? call.startedAt + call.ms : now;
  const spans = [callSpan(call, id, parentId, endMs)];
  for (const [i, attempt] of call.attempts.entries()) {
    const { traceParent } = attempt;
    const own = traceParent === undefined ? ids.spanId() : spanIdOf(traceParent);
    const isLast = i === call.attempts.length - 1;
    const place = { id: own, parentId: id, resends: i };
    spans.push(attemptSpan(attempt, place, isLast ? endMs : undefined));
  }
  return spans;
}

function requestSpan(request: TracedRequest, trace: TraceContext, ended: Ended): Span {
  const { host, scheme, address, route, endpoint, record } = request;
  const { status, now, pattern } = ended;
  // An endpoint is a path of a BFF, or the name of an operation.
  const known = endpoint.startsWith('/') ? endpoint : pattern;
  const attributes: AttributeDraft = {
    'url.scheme': scheme,
    'url.path': request.path,
    'client.address': address,
    'http.response.status_code': status,
    'portico.route': route,
    'portico.request_id': request.id,
  };
  const method = writeMethod(attributes, request.method);
  if (known !== undefined) attributes['http.route'] = known;
  writeServer(attributes, host, scheme);
  const isError = status >= 500;
  if (isError || status === 499) attributes['error.type'] = record.code ?? String(status);
  writeOutcome(attributes, request);
  return {
    name: known === undefined ? method : `${method} ${known}`,
    kind: 'server',
    id: trace.spanId,
    parentId: trace.origin.parentId,
    startMs: record.startedAt,
    endMs: now,
    attributes,
    events: NO_EVENTS,
    isError,
  };
}

function writeOutcome(attributes: AttributeDraft, { consumer, record }: TracedRequest): void {
  const { code, cause, missing, split } = record;
  if (consumer !== undefined) attributes['portico.consumer'] = consumer.id;
  if (code !== undefined) attributes['portico.code'] = code;
  if (cause !== undefined) attributes['portico.cause'] = cause;
  if (split !== undefined) {
    attributes['portico.split'] = split.side;
    attributes['portico.split_by'] = split.by;
  }
  if (missing.length === 0) return;
  const degraded = missing.map(({ name, reason }) => `${name}: ${reason}`);
  attributes['portico.degraded'] = degraded.join(', ');
}

function callSpan(call: CallRecord, id: string, parentId: string, endMs: number): Span {
  const { purpose, name, upstream, startedAt, attempts, queuedMs, cause } = call;
  const [first] = attempts;
  const isForward = purpose === 'forward';
  const type = errorType(call.ending ?? call.lastAttempt?.ending);
  const attributes: AttributeDraft = {
    'portico.upstream': upstream,
    'portico.attempts': attempts.length,
  };
  if (!isForward) attributes[`portico.${purpose}`] = name;
  if (queuedMs !== 0) attributes['portico.queued_ms'] = queuedMs;
  if (type !== undefined) attributes['error.type'] = type;
  if (cause !== undefined) attributes['portico.cause'] = cause;
  const hasWaited = queuedMs > 0 && first !== undefined;
  return {
    name: isForward ? `forward ${upstream}` : `${purpose} ${name}`,
    kind: 'internal',
    id,
    parentId,
    startMs: startedAt,
    endMs,
    attributes,
    events: hasWaited ? [{ name: 'slot', atMs: first.startedAt }] : NO_EVENTS,
    isError: type !== undefined,
  };
}

interface Place {
  readonly id: string;
  readonly parentId: string;
  /** Attempts before it. */
  readonly resends: number;
}

/** @param callEndMs if it is the last attempt */
function attemptSpan(
  attempt: AttemptRecord,
  { id, parentId, resends }: Place,
  callEndMs: number | undefined,
): Span {
  const { target, path, startedAt, connectMs, firstByteMs, failedMs, ending, cause } = attempt;
  const type = errorType(ending);
  const known = startedAt + Math.max(connectMs, firstByteMs, failedMs);
  const attributes: AttributeDraft = {};
  const name = writeMethod(attributes, attempt.method);
  writeTarget(attributes, target, path);
  if (resends > 0) attributes['http.request.resend_count'] = resends;
  if (typeof ending === 'number') attributes['http.response.status_code'] = ending;
  if (type !== undefined) attributes['error.type'] = type;
  if (cause !== undefined) attributes['portico.cause'] = cause;
  return {
    name,
    kind: 'client',
    id,
    parentId,
    startMs: startedAt,
    endMs: type !== undefined || callEndMs === undefined ? known : callEndMs,
    attributes,
    events: eventsOf(attempt),
    isError: type !== undefined,
  };
}

function eventsOf({ startedAt, connectMs, firstByteMs }: AttemptRecord): readonly SpanEvent[] {
  const events: SpanEvent[] = [];
  if (connectMs > 0) events.push({ name: 'connected', atMs: startedAt + connectMs });
  if (firstByteMs > 0) events.push({ name: 'first byte', atMs: startedAt + firstByteMs });
  return events;
}

const NO_EVENTS: readonly SpanEvent[] = Object.freeze([]);
