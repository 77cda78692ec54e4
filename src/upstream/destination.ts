/**
 * Completes a request for its upstream: the fields that every call has, `Host`, and the key for
 * balancing.
 *
 * It is the outermost layer of every chain. Callers give only what is specific to their call, and the
 * same request can go to another upstream (a fallback) with nothing to undo. The policies of plugins run
 * inside it and see the complete request.
 */
import type { CallContext } from '../core/call-context.ts';
import type { HeaderValue } from '../core/headers.ts';
import type { Layer } from '../core/sender.ts';

export interface DestinationOptions {
  readonly upstream: string;
  /** `target`, `client`, or a name. */
  readonly host: string;
  /** Is `Via` sent (RFC 9110 §7.6.3)? */
  readonly via: boolean;
  /** Gives the key for balancing by hash; `undefined` for other kinds of balancing. */
  readonly keyOf: ((context: CallContext) => string | undefined) | undefined;
}

export function destination({ upstream, host, via, keyOf }: DestinationOptions): Layer {
  return {
    wrap: (next) => ({
      send(request, receiver) {
        const { context } = request;
        const headers: Record<string, HeaderValue> = { ...context.fields };
        // A loop, because spreading two objects makes V8 go through a dictionary.
        for (const name in request.headers) headers[name] = request.headers[name]!;
        if (context.toldUpstreams !== undefined) Object.assign(headers, context.toldUpstreams);
        const named = hostOf(host, context);
        if (named !== undefined) headers['host'] = named;
        if (!via) delete headers['via'];
        const key = keyOf?.(context);
        return next.send({ ...request, upstream, headers, key }, receiver);
      },
    }),
  };
}

/** `undefined` means the target's own. */
function hostOf(setting: string, context: CallContext): string | undefined {
  if (setting === 'target') return undefined;
  return setting === 'client' ? context.host : setting;
}
