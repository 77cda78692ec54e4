/**
 * Gives each attempt of a sampled trace a span of its own, which the upstream learns as the parent of its spans. Calls of
 * other traces tell upstreams the request's span, which costs nothing here.
 */
import { withHeader } from '../../core/call.ts';
import type { Layer } from '../../core/sender.ts';
import { traceParentOf } from '../../core/trace-context.ts';
import type { TraceIds } from '../../core/trace-ids.ts';

export function tracedAttempts(ids: TraceIds): Layer {
  return {
    wrap: (next) => ({
      send(request, receiver) {
        const { trace } = request.context;
        if (trace?.isSampled !== true) return next.send(request, receiver);
        const id = ids.spanId();
        request.record.span(id);
        const told = withHeader(request, 'traceparent', traceParentOf(trace, id));
        return next.send(told, receiver);
      },
    }),
  };
}
