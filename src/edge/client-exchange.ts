/**
 * One request of a client, from its head to the close of its response: what every part of the
 * gateway needs to know of it, and what the access log says of it.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import { Cancellation } from '../core/cancellation.ts';
import type { Consumer } from '../core/call.ts';
import type { CallContext } from '../core/call-context.ts';
import type { GatewayError } from '../core/errors.ts';
import type { Headers } from '../core/headers.ts';
import { RequestRecord } from '../core/record.ts';
import { readBody, type UploadLimits } from './client-upload.ts';
import { gatewayHeaders } from './forwarded.ts';
import type { PeerInfo } from './peer.ts';

const EXCHANGE: unique symbol = Symbol('portico.exchange');

/** In place of a route's name until one is found. */
export const UNMATCHED = 'unmatched';

export class ClientExchange implements CallContext {
  readonly id: string;
  readonly method: string;
  /** The client, as far as it is known. */
  readonly peer: PeerInfo;
  readonly record: RequestRecord;
  /** The fields of its head; those that a client may not send are gone once a route is matched. */
  readonly headers: IncomingHttpHeaders;
  /** Canonical; of a target that was refused, what the log may show of it. */
  path = '';
  /** With its `?`; empty where there is none. */
  query = '';
  /** Authority of the request: canonical, with its port as the client sent it. */
  host = '';
  /** Name of the route. */
  route: string = UNMATCHED;
  /** Pattern of the BFF's route, for metrics. */
  endpoint = '';
  /** Decoded. */
  params: Readonly<Record<string, string>> = NO_PARAMS;
  /** What the route's prefix left of the path. */
  rest = '';
  consumer: Consumer | undefined;
  /** What plugins would ask for; see challenge.ts. */
  challenges: Map<string, string> | undefined;
  /** Headers for every call; see told-upstreams.ts. */
  toldUpstreams: Record<string, string> | undefined;
  /** Ends when the client leaves before its response is complete. */
  readonly signal = new Cancellation();
  /** Why the route that was found only refuses. */
  refusal: GatewayError | undefined;
  /** An answer has begun through Fastify's reply, though it may take a while: no hook goes on. */
  isAnswering = false;
  /** Of the body; set once a route has been matched. */
  bodyLimits: UploadLimits | undefined;
  /** All of the body, where a plugin has read it. */
  body: Buffer | undefined;
  /** Somebody has begun to take the body. */
  isUploading = false;
  #reading: Promise<Buffer> | undefined;
  /** Fastify's, once a route has been matched. */
  reply: FastifyReply | undefined;
  #fields: Headers | undefined;

  constructor(
    id: string,
    method: string,
    headers: IncomingHttpHeaders,
    peer: PeerInfo,
    startedAt: number,
  ) {
    this.id = id;
    this.method = method;
    this.headers = headers;
    this.peer = peer;
    this.record = new RequestRecord(startedAt);
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

  /** All of the body, read once; see {@link readBody}. */
  readBody(): Promise<Buffer> {
    return (this.#reading ??= readBody(this));
  }
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});

type Carrier = IncomingMessage & { [EXCHANGE]?: ClientExchange };

export function setExchange(raw: IncomingMessage, exchange: ClientExchange): void {
  (raw as Carrier)[EXCHANGE] = exchange;
}

/** The exchange that `raw` began; set before anything of Fastify runs. */
export function exchangeOf(raw: IncomingMessage): ClientExchange {
  const exchange = (raw as Carrier)[EXCHANGE];
  if (exchange === undefined) throw new TypeError('this request did not come through the gateway');
  return exchange;
}

/** The client's request that calls in `context` are made for. @throws {TypeError} where there is none */
export function clientOf(context: CallContext): ClientExchange {
  if (context instanceof ClientExchange) return context;
  throw new TypeError('this call is made for no request of a client');
}
