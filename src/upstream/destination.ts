/**
 * Completes a request for its upstream: its name, `Host`, `Via`, and the key for balancing.
 *
 * It is the outermost layer of every chain, so that the same request can go to another upstream (a fallback) with
 * nothing to undo. The policies of plugins run inside it and see the complete request.
 */
import type { CallContext } from '../core/call-context.ts';
import type { Headers, HeaderValue } from '../core/headers.ts';
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
        const named = hostOf(host, context);
        const key = keyOf?.(context);
        // Nearly always there is nothing to change.
        const isComplete = via && named === undefined && key === undefined;
        if (isComplete && request.upstream === upstream) return next.send(request, receiver);
        const headers = isComplete ? request.headers : destined(request.headers, named, via);
        return next.send({ ...request, upstream, headers, key }, receiver);
      },
    }),
  };
}

function destined(headers: Headers, host: string | undefined, via: boolean): Headers {
  const out: Record<string, HeaderValue> = { ...headers };
  if (!via) delete out['via'];
  if (host !== undefined) out['host'] = host;
  return out;
}

/** `undefined` means the target's own. */
function hostOf(setting: string, context: CallContext): string | undefined {
  if (setting === 'target') return undefined;
  return setting === 'client' ? context.host : setting;
}
