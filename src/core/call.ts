/**
 * One call to an upstream, and the policies that wrap it: the gateway's one abstraction.
 *
 * A call settles at the response head; the exchange lasts until the body closes. The receiver of a
 * response must end its body: send, read, dump or destroy it. Policies rely on that: for example, the
 * close frees a bulkhead slot.
 */
import type { Socket } from 'node:net';
import type { Body } from './body.ts';
import type { CallContext } from './call-context.ts';
import type { Cancellation } from './cancellation.ts';
import type { Claims } from './claims.ts';
import type { Headers, HeaderValue } from './headers.ts';
import type { CallRecord } from './record.ts';
import type { RequestBody } from './request-body.ts';
import type { AnswerKind } from './stream-type.ts';

/** Who the client is, once a plugin of the phase `authenticate` has identified it. */
export interface Consumer {
  readonly id: string;
  /** Name of that plugin. */
  readonly via: string;
  readonly issuer?: string;
  readonly scopes: ReadonlySet<string>;
  readonly claims: Claims;
}

/** What is sent upstream. Never changed in place: a policy passes on a new one. */
export interface UpstreamRequest {
  /** On whose behalf the call is made. */
  readonly context: CallContext;
  /** Name of the upstream. */
  readonly upstream: string;
  /** Name of the route that makes the call. */
  readonly route: string;
  readonly method: string;
  /** Canonical path, without the query. */
  readonly path: string;
  /** The query as sent, with its `?`; empty if there is none. */
  readonly query: string;
  readonly headers: Headers;
  /** Bytes, the client's body as a stream, or nothing. */
  readonly body: Uint8Array | RequestBody | undefined;
  /** Cancels the call and, after its head, the exchange. */
  readonly signal: Cancellation;
  /** On the gateway's clock, in milliseconds; `Infinity` until the deadline policy sets it. */
  readonly deadlineAt: number;
  readonly consumer: Consumer | undefined;
  /** Id of the client's request. */
  readonly id: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The key for balancing by hash; `undefined` if there is none. */
  readonly key: string | undefined;
  /** Targets of earlier attempts; another one is used if possible. */
  readonly tried: readonly string[];
  /** Records what happens to this call. */
  readonly record: CallRecord;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Headers;
  /** One-shot; see body.ts. */
  readonly body: Body;
  /** Origin that answered; for logs and metrics, never for clients. */
  readonly target: string;
  /**
   * What it streams, if it may last for hours; such a body tells when it becomes one of its upstream's streams, which
   * event streams are from the start, and gRPC is once it lasts.
   */
  readonly stream?: AnswerKind | undefined;
  /**
   * With status 101: the connection, which now speaks another protocol. The body has no bytes, and lasts as
   * long as the connection; ending either one ends both.
   */
  readonly tunnel?: Socket;
}

export type Call = (request: UpstreamRequest) => Promise<UpstreamResponse>;
export type Policy = (next: Call) => Call;

/** The same request with one field set; `name` in any case. */
export function withHeader(
  request: UpstreamRequest,
  name: string,
  value: HeaderValue,
): UpstreamRequest {
  return { ...request, headers: { ...request.headers, [name.toLowerCase()]: value } };
}

/** The same request without one field. */
export function withoutHeader(request: UpstreamRequest, name: string): UpstreamRequest {
  const { [name.toLowerCase()]: _dropped, ...headers } = request.headers;
  return { ...request, headers };
}
