/**
 * Who asks for what. Read from the head of a request, and complete once a route is matched: then nothing
 * of it changes, but that a consumer joins it after authentication, and hooks say what upstreams are told.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Consumer } from '../core/call.ts';
import type { CallContext } from '../core/call-context.ts';
import { Cancellation } from '../core/cancellation.ts';
import type { Headers } from '../core/headers.ts';
import { gatewayHeaders } from './forwarded.ts';
import type { PeerInfo } from './peer.ts';
import type { RequestTarget } from './request-target.ts';

/** In place of a route's name until one is found. */
export const UNMATCHED = 'unmatched';

/** What the matcher has found. */
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
  /** Those that a client may not send are gone once a route is matched. */
  readonly headers: IncomingHttpHeaders;
  /** The client, as far as it is known. */
  readonly peer: PeerInfo;
}

export class ClientRequest implements CallContext {
  readonly id: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly peer: PeerInfo;
  /** Ends when the client leaves before its response is complete. */
  readonly signal = new Cancellation();
  consumer: Consumer | undefined;
  /** What plugins would ask for; see challenge.ts. */
  challenges: Map<string, string> | undefined;
  /** Headers for every call; see told-upstreams.ts. */
  toldUpstreams: Record<string, string> | undefined;
  #target = NO_TARGET;
  #route = NO_ROUTE;
  #fields: Headers | undefined;

  constructor({ id, method, headers, peer }: RequestHead) {
    this.id = id;
    this.method = method;
    this.headers = headers;
    this.peer = peer;
  }

  /** What it asks for, as soon as that could be read; or what the log may show of it. */
  aim(target: RequestTarget): void {
    this.#target = target;
  }

  /** `undefined`: none after all. */
  match(route: MatchedRoute | undefined): void {
    this.#route = route ?? NO_ROUTE;
  }

  /** Canonical; of a target that was refused, what the log may show of it. */
  get path(): string {
    return this.#target.path;
  }

  /** With its `?`; empty where there is none. */
  get query(): string {
    return this.#target.query;
  }

  /** Authority of the request: canonical, with its port as the client sent it. */
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

  /** Of the client; that of a proxy in front where the config does not trust it. */
  get address(): string {
    return this.peer.address;
  }

  get scheme(): PeerInfo['scheme'] {
    return this.peer.scheme;
  }

  /** Verified; absent where the client has shown none. */
  get certificate(): PeerInfo['certificate'] {
    return this.peer.certificate;
  }

  /** What every call made for it says of the client. */
  get fields(): Headers {
    return (this.#fields ??= gatewayHeaders(this));
  }
}
