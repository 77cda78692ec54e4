/**
 * Who asks for what. It is read from the head of a request and complete once a route is matched. After
 * that, only authentication adds the consumer, and hooks add headers for upstreams.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Consumer } from '../core/call.ts';
import type { CallContext } from '../core/call-context.ts';
import { Cancellation } from '../core/cancellation.ts';
import type { Headers } from '../core/headers.ts';
import type { TraceContext } from '../core/trace-context.ts';
import { gatewayHeaders } from './forwarded.ts';
import type { PeerInfo } from './peer.ts';
import type { RequestTarget } from './request-target.ts';

/** The name of the route until one is found. */
export const UNMATCHED = 'unmatched';

/** The matcher's result. */
export interface MatchedRoute {
  readonly name: string;
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** What the route's prefix left of the path. */
  readonly rest: string;
}

const NO_TARGET: RequestTarget = { path: '', query: '', host: '' };
const NO_ROUTE: MatchedRoute = { name: UNMATCHED, params: Object.freeze({}), rest: '' };

export interface RequestHead {
  readonly id: string;
  readonly method: string;
  /** Once a route is matched, those that a client may not send have been removed. */
  readonly headers: IncomingHttpHeaders;
  /** The client, as far as it is known. */
  readonly peer: PeerInfo;
  /** See {@link CallContext.client}. */
  readonly client: unknown;
}

export class ClientRequest implements CallContext {
  readonly id: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly peer: PeerInfo;
  readonly client: unknown;
  /** Cancelled when the client disconnects before its response is complete. */
  readonly signal = new Cancellation();
  consumer: Consumer | undefined;
  /** Set before anything looks at the request; `undefined` if nothing is traced. */
  trace: TraceContext | undefined;
  /** See {@link CallContext.endsAt}. */
  endsAt: number | undefined;
  /** The credentials that plugins would accept; see challenge.ts. */
  challenges: Map<string, string> | undefined;
  /** Headers for every call; see told-upstreams.ts. */
  toldUpstreams: Record<string, string> | undefined;
  #target = NO_TARGET;
  #route = NO_ROUTE;
  #fields: Headers | undefined;

  constructor({ id, method, headers, peer, client }: RequestHead) {
    this.id = id;
    this.method = method;
    this.headers = headers;
    this.peer = peer;
    this.client = client;
  }

  /** Sets the target, once it is read; for a refused one, the part that the log may show. */
  aim(target: RequestTarget): void {
    this.#target = target;
  }

  /** Sets the route; `undefined`: there is none after all. */
  match(route: MatchedRoute | undefined): void {
    this.#route = route ?? NO_ROUTE;
  }

  /** Canonical; for a refused target, the part that the log may show. */
  get path(): string {
    return this.#target.path;
  }

  /** With its `?`; empty if there is none. */
  get query(): string {
    return this.#target.query;
  }

  /** The authority of the request: canonical, with the port as the client sent it. */
  get host(): string {
    return this.#target.host;
  }

  /** Name of the route. */
  get route(): string {
    return this.#route.name;
  }

  /** Decoded. */
  get params(): Readonly<Record<string, string>> {
    return this.#route.params;
  }

  /** What the route's prefix left of the path. */
  get rest(): string {
    return this.#route.rest;
  }

  /** The client's address; behind a proxy that is not trusted, the proxy's. */
  get address(): string {
    return this.peer.address;
  }

  get scheme(): PeerInfo['scheme'] {
    return this.peer.scheme;
  }

  /** Verified; absent if the client has shown none. */
  get certificate(): PeerInfo['certificate'] {
    return this.peer.certificate;
  }

  /** The gateway's fields for every call made for this request. */
  get fields(): Headers {
    return (this.#fields ??= gatewayHeaders(this));
  }
}
