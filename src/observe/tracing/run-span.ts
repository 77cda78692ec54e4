/** The span of one run of an operation: the root of its trace, and linked to the request or the run that it follows. */
import { parseTraceParent, SAMPLED } from '../../core/trace-fields.ts';
import type { AttributeDraft, Span } from './span.ts';

export interface EndedRun {
  readonly id: string;
  readonly kind: 'saga' | 'command';
  readonly name: string;
  readonly run: number;
  readonly status: string;
  readonly reason?: string;
  readonly trace: { readonly parent: string; readonly link: string };
  readonly runMs: number;
}

/** `undefined` if it is not sampled. @param now on the gateway's clock */
export function runSpan(
  { id, kind, name, run, status, reason, trace, runMs }: EndedRun,
  now: number,
): { readonly traceId: string; readonly span: Span } | undefined {
  const own = parseTraceParent(trace.parent);
  const before = parseTraceParent(trace.link);
  if (own === undefined || (own.flags & SAMPLED) === 0) return undefined;
  const isError = status !== 'completed';
  const attributes: AttributeDraft = {
    'portico.operation': id,
    'portico.operation_kind': kind,
    'portico.operation_name': name,
    'portico.operation_status': status,
    'portico.operation_run': run,
  };
  if (isError) attributes['error.type'] = reason ?? status;
  const span: Span = {
    name: `${kind} ${name}`,
    kind: 'internal',
    id: own.spanId,
    parentId: undefined,
    startMs: now - runMs,
    endMs: now,
    attributes,
    events: [],
    isError,
    ...(before && { links: [{ traceId: before.traceId, spanId: before.spanId }] }),
  };
  return { traceId: own.traceId, span };
}
