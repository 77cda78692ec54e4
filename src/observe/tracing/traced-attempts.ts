/** Gives each further attempt of a call a span of its own, as the call itself gave one to the first. */
import { withHeader } from '../../core/call.ts';
import type { Layer } from '../../core/sender.ts';

export const tracedAttempts: Layer = {
  wrap: (next) => ({
    send(request, receiver) {
      const { context, record } = request;
      const { trace } = context;
      if (trace === undefined || record.attempts.length === 0) return next.send(request, receiver);
      record.traceParent = trace.next();
      return next.send(withHeader(request, 'traceparent', record.traceParent), receiver);
    },
  }),
};
