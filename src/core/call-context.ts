/**
 * On whose behalf calls are made. A client's request is one; anything else that makes calls (an event, a
 * step of a saga, a check) provides its own. A call needs no client.
 */
import type { Consumer } from './call.ts';
import type { Cancellation } from './cancellation.ts';
import type { Headers } from './headers.ts';
import type { TraceContext } from './trace-context.ts';

export interface CallContext {
  /** Id of the client's request, or of its stand-in; sent as `x-request-id`. */
  readonly id: string;
  /** Name of the route that makes the calls. */
  readonly route: string;
  readonly consumer: Consumer | undefined;
  /**
   * Identifies the client when queues are shared: the same value for all calls of one client. It is a
   * connection, or the address that a trusted proxy reports. Anything else that makes calls is its own
   * client.
   */
  readonly client: unknown;
  /** Cancels every call. */
  readonly signal: Cancellation;
  /** Authority that the client asked for; `undefined` without a client. */
  readonly host: string | undefined;
  /** Fields about the client, for each call; a call's own fields win. */
  readonly fields: Headers;
  /** The trace that the calls belong to; `undefined` if nothing is traced. */
  readonly trace: TraceContext | undefined;
  /** When the client stops waiting, on the gateway's clock; absent if it did not say. */
  readonly endsAt?: number | undefined;
  /** Fields that hooks set for upstreams; they win over a call's own fields. */
  readonly toldUpstreams: Headers | undefined;
}
