/** What a client's request has besides Fastify's own, as plugins and BFFs see it. */
import type { FastifyRequest } from 'fastify';
import type { Consumer, UpstreamRequest } from '../core/call.ts';
import type { ClientCertificate } from '../edge/client-certificate.ts';
import { ClientExchange, exchangeOf } from '../edge/client-exchange.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who the client is; set by a plugin of the phase `authenticate`. */
    consumer: Consumer | undefined;
    /** The route that was matched, and what the client asked for. */
    readonly gateway: RequestView;
  }
}

/** What plugins may know of a request besides its fields. */
export interface RequestView {
  readonly route: string;
  /** Canonical. */
  readonly path: string;
  /** With its `?`; empty where there is none. */
  readonly query: string;
  /** Of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The authority that was asked: lower case, without the root's dot, with its port where one was sent. */
  readonly host: string;
  /** How the client came, as far as is known and believed. */
  readonly scheme: 'http' | 'https';
  /** Of the client, as IPv4 or IPv6; what proxies in front say of it counts where they are trusted. */
  readonly address: string;
  /** What TLS has verified the client by; absent where it has shown none. */
  readonly certificate: ClientCertificate | undefined;
  /** Of the API, if a hook has called {@link noteVersion}. */
  readonly version: string | undefined;
  /**
   * All of the body, which goes on to upstreams as it came; empty where there is none. For
   * `onRequest`: it is held in memory, up to the body limit of the route.
   *
   * @throws GW_BODY_TOO_LARGE, GW_REQUEST_TIMEOUT, GW_CLIENT_CLOSED
   */
  readBody(): Promise<Buffer>;
}

/**
 * Says which endpoint of its route a request is for: metrics, the access log and traces have it. Its name must be one of
 * the config's, never a text of the client's.
 */
export function noteEndpoint(request: FastifyRequest, endpoint: string): void {
  exchangeOf(request.raw).endpoint = endpoint;
}

/**
 * The client's request that a call is made for, so that a policy knows what a hook has found out; `undefined` if there
 * is none.
 */
export function clientRequestOf({ context }: UpstreamRequest): FastifyRequest | undefined {
  return context instanceof ClientExchange ? context.reply?.request : undefined;
}

/** Says which version of the API a request is for: the access log has it. Its name must be one of the config's. */
export function noteVersion(request: FastifyRequest, version: string): void {
  exchangeOf(request.raw).record.version = version;
}
