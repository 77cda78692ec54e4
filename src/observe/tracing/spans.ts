/**
 * The spans of one request, made of its record once it has ended: request ▸ call or part ▸ attempt.
 *
 * Names and attributes follow the semantic conventions for HTTP spans (OpenTelemetry, stable since 1.23); what they have
 * no word for begins with `portico.`. Queries, credentials and bodies are never in them.
 */
import { hostName } from '../../core/canonical-host.ts';
import type { AttemptRecord, CallRecord, Ending, RequestRecord } from '../../core/record.ts';
import { socketPathOf } from '../../core/socket-path.ts';
import type { TraceContext } from '../../core/trace-context.ts';
import type { TraceIds } from '../../core/trace-ids.ts';

/** One span, in words of our own. Times are on the gateway's clock, in milliseconds. */
export interface Span {
  readonly name: string;
  readonly kind: 'server' | 'internal' | 'client';
  readonly id: string;
  readonly parentId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly isError: boolean;
}

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
}

export type Attributes = Readonly<Record<string, string | number>>;

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

/** @param ids for spans that no upstream has been told of */
export function spansOf(
  request: TracedRequest,
  trace: TraceContext,
  ended: Ended,
  ids: TraceIds,
): Span[] {
  const spans = [requestSpan(request, trace, ended)];
  for (const call of request.record.calls) {
    const id = ids.spanId();
    const endMs = call.ms > 0 ? call.startedAt + call.ms : ended.now;
    spans.push(callSpan(call, id, trace.spanId, endMs));
    for (const [i, attempt] of call.attempts.entries()) {
      const isLast = i === call.attempts.length - 1;
      const own = { id: call.spanIds[i] ?? ids.spanId(), parentId: id, resends: i };
      spans.push(attemptSpan(attempt, own, isLast ? endMs : undefined));
    }
  }
  return spans;
}

function requestSpan(request: TracedRequest, trace: TraceContext, ended: Ended): Span {
  const { method, host, path, scheme, address, route, endpoint, consumer, record } = request;
  const { status, now, pattern } = ended;
  const known = endpoint === '' ? pattern : endpoint;
  const isError = status >= 500;
  const degraded = record.missing.map(({ name, reason }) => `${name}: ${reason}`).join(', ');
  return {
    name: known === undefined ? methodOf(method) : `${methodOf(method)} ${known}`,
    kind: 'server',
    id: trace.spanId,
    parentId: trace.parentId,
    startMs: record.startedAt,
    endMs: now,
    attributes: given({
      'http.request.method': methodOf(method),
      'http.request.method_original': methodOf(method) === method ? undefined : method,
      'url.scheme': scheme,
      'url.path': path,
      'http.route': known,
      ...serverOf(host),
      'client.address': address,
      'http.response.status_code': status,
      'error.type': isError || status === 499 ? (record.code ?? String(status)) : undefined,
      'portico.route': route,
      'portico.request_id': request.id,
      'portico.consumer': consumer?.id,
      'portico.code': record.code,
      'portico.cause': record.cause,
      'portico.degraded': degraded === '' ? undefined : degraded,
    }),
    events: [],
    isError,
  };
}

function callSpan(call: CallRecord, id: string, parentId: string, endMs: number): Span {
  const { purpose, name, upstream, startedAt, attempts, queuedMs, ending, cause } = call;
  const isForward = purpose === 'forward';
  const last = ending ?? attempts.at(-1)?.ending;
  const [first] = attempts;
  return {
    name: isForward ? `forward ${upstream}` : `${purpose} ${name}`,
    kind: 'internal',
    id,
    parentId,
    startMs: startedAt,
    endMs,
    attributes: given({
      'portico.upstream': upstream,
      [`portico.${purpose}`]: isForward ? undefined : name,
      'portico.queued_ms': queuedMs === 0 ? undefined : queuedMs,
      'portico.attempts': attempts.length,
      'error.type': errorType(last),
      'portico.cause': cause,
    }),
    events: queuedMs > 0 && first !== undefined ? [{ name: 'slot', atMs: first.startedAt }] : [],
    isError: errorType(last) !== undefined,
  };
}

interface OwnSpan {
  readonly id: string;
  readonly parentId: string;
  /** Attempts before it. */
  readonly resends: number;
}

function attemptSpan(
  attempt: AttemptRecord,
  { id, parentId, resends }: OwnSpan,
  callEndMs: number | undefined,
): Span {
  const { target, method, path, startedAt, connectMs, firstByteMs, ending, cause } = attempt;
  const type = errorType(ending);
  const known = Math.max(connectMs, firstByteMs, attempt.failedMs);
  return {
    name: methodOf(method),
    kind: 'client',
    id,
    parentId,
    startMs: startedAt,
    endMs: type !== undefined || callEndMs === undefined ? startedAt + known : callEndMs,
    attributes: given({
      'http.request.method': methodOf(method),
      ...placeOf(target, path),
      'http.request.resend_count': resends === 0 ? undefined : resends,
      'http.response.status_code': typeof ending === 'number' ? ending : undefined,
      'error.type': type,
      'portico.cause': cause,
    }),
    events: [
      ...(connectMs > 0 ? [{ name: 'connected', atMs: startedAt + connectMs }] : []),
      ...(firstByteMs > 0 ? [{ name: 'first byte', atMs: startedAt + firstByteMs }] : []),
    ],
    isError: type !== undefined,
  };
}

/** For clients, a 4xx is an error too. */
const errorType = (ending: Ending | undefined): string | undefined =>
  ending === undefined || (typeof ending === 'number' && ending < 400) ? undefined : String(ending);

const METHODS: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

const methodOf = (method: string): string => (METHODS.has(method) ? method : '_OTHER');

/** Requests through a unix socket have a URL too, whose host means nothing. */
function placeOf(target: string, path: string): ReturnType<typeof serverOf> {
  const socketPath = socketPathOf(target);
  return socketPath === undefined
    ? { 'url.full': target + path, ...serverOf(target.replace(/^\w+:\/\//, '')) }
    : { 'url.full': `http://localhost${path}`, 'server.address': socketPath };
}

function serverOf(authority: string): Readonly<Record<string, string | number | undefined>> {
  const name = hostName(authority);
  const port = authority.slice(name.length + 1);
  return {
    'server.address': name === '' ? undefined : name.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? undefined : Number(port),
  };
}

const given = (all: Readonly<Record<string, string | number | undefined>>): Attributes =>
  // The cast holds, because those without a value are left out.
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Attributes;
