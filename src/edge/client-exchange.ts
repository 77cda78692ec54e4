/**
 * One client request, from its head to the close of its response: the request, its body, and the record
 * of what happens to it.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { CallContext } from '../core/call-context.ts';
import { GatewayError } from '../core/errors.ts';
import { RequestRecord } from '../core/record.ts';
import { ClientBody } from './client-body.ts';
import { ClientRequest, type RequestHead } from './client-request.ts';
import { readBody } from './client-upload.ts';
import type { ErrorForm } from './error-form.ts';
import type { Outliving } from './outliving.ts';

const EXCHANGE: unique symbol = Symbol('portico.exchange');

export class ClientExchange extends ClientRequest {
  readonly record: RequestRecord;
  readonly body = new ClientBody();
  /** The pattern of the BFF's route, for metrics. */
  endpoint = '';
  /** The error to answer with, if the matched route refuses the request. */
  refusal: GatewayError | undefined;
  /** How errors look to this client; absent: as problem documents. */
  errorForm: ErrorForm | undefined;
  /** Sending through Fastify's reply has begun and may take a while; no further hook runs. */
  isAnswering = false;
  /** Absent for nearly all: the work ends when the client leaves. */
  declare outliving?: Outliving;
  /** Hooks that get answers before all others have had this one. */
  declare isTaken?: true;
  /** Fastify's reply, once a route has been matched. */
  reply: FastifyReply | undefined;

  constructor(head: RequestHead, startedAt: number) {
    super(head);
    this.record = new RequestRecord(startedAt);
  }

  /** Of the API; see {@link RequestRecord.version}. */
  get version(): string | undefined {
    return this.record.version;
  }

  /** The whole body, read once; see {@link readBody}. */
  readBody(): Promise<Buffer> {
    return this.body.whole(() => readBody(this));
  }
}

/**
 * Calls are made for a request only while it has not been answered.
 *
 * @throws GW_REQUEST_OVER, or GW_CLIENT_CLOSED if its client has left
 */
export function mustBeOpen({ signal, reply }: ClientExchange): void {
  signal.throwIfCancelled();
  if (reply?.raw.writableEnded !== true) return;
  const detail = 'its request is over: get upstreams and clients from the request they are for';
  throw new GatewayError('GW_REQUEST_OVER', detail);
}

type Carrier = IncomingMessage & { [EXCHANGE]?: ClientExchange };

export function setExchange(raw: IncomingMessage, exchange: ClientExchange): void {
  (raw as Carrier)[EXCHANGE] = exchange;
}

/** The exchange of `raw`; it is set before Fastify runs. */
export function exchangeOf(raw: IncomingMessage): ClientExchange {
  const exchange = (raw as Carrier)[EXCHANGE];
  if (exchange === undefined) throw new TypeError('this request did not come through the gateway');
  return exchange;
}

/**
 * The client's request that calls in `context` are made for.
 *
 * @throws {TypeError} if there is none
 */
export function clientOf(context: CallContext): ClientExchange {
  if (context instanceof ClientExchange) return context;
  throw new TypeError('this call is made for no request of a client');
}
