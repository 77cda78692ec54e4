/**
 * On whose behalf calls are made: a client's request gives one, and whatever else makes calls (an event, a
 * step of a saga, a check) brings its own. A call needs no client.
 */
import type { Consumer } from './call.ts';
import type { Cancellation } from './cancellation.ts';
import type { Headers } from './headers.ts';

export interface CallContext {
  /** Of the client's request, or of what stands in its place; sent as `x-request-id`. */
  readonly id: string;
  /** Name of the route under which calls are made. */
  readonly route: string;
  readonly consumer: Consumer | undefined;
  /** Ends every call. */
  readonly signal: Cancellation;
  /** Authority that the client asked for; `undefined` where no client did. */
  readonly host: string | undefined;
  /** What each call says of whoever it is made for; a call's own fields win. */
  readonly fields: Headers;
  /** What hooks have found out for upstreams; wins over a call's own fields. */
  readonly toldUpstreams: Headers | undefined;
}
