/**
 * Makes a request one for its upstream: the fields that every call has, `Host`, and what balancing goes by.
 *
 * The outermost policy of every chain, so that whoever makes a call says only what is special about it, and the
 * same request may go to one upstream or to another (a fallback) without anything to undo. Plugins' policies
 * stand inside and see the request complete.
 */
import type { Policy } from '../core/call.ts';
import type { CallContext } from '../core/call-context.ts';
import type { HeaderValue } from '../core/headers.ts';

export interface DestinationOptions {
  readonly upstream: string;
  /** `target`, `client`, or a name. */
  readonly host: string;
  /** Is `Via` sent (RFC 9110 §7.6.3)? */
  readonly via: boolean;
  /** What balancing by hash goes by; absent where the upstream does not balance so. */
  readonly keyOf: ((context: CallContext) => string | undefined) | undefined;
}

export function destination({ upstream, host, via, keyOf }: DestinationOptions): Policy {
  return (next) =>
    function destined(request) {
      const { context } = request;
      const headers: Record<string, HeaderValue> = { ...context.fields };
      // Not by spreading: of two objects V8 would make it by way of a dictionary.
      for (const name in request.headers) headers[name] = request.headers[name]!;
      if (context.toldUpstreams !== undefined) Object.assign(headers, context.toldUpstreams);
      const named = hostOf(host, context);
      if (named !== undefined) headers['host'] = named;
      if (!via) delete headers['via'];
      return next({ ...request, upstream, headers, key: keyOf?.(context) });
    };
}

/** `undefined` leaves it to the target's own. */
function hostOf(setting: string, context: CallContext): string | undefined {
  if (setting === 'target') return undefined;
  return setting === 'client' ? context.host : setting;
}
