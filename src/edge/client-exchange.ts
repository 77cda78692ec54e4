/**
 * One request of a client, from its head to the close of its response: the request itself, who takes its body,
 * and the record of what happens to it.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { CallContext } from '../core/call-context.ts';
import type { GatewayError } from '../core/errors.ts';
import { RequestRecord } from '../core/record.ts';
import { ClientBody } from './client-body.ts';
import { ClientRequest, type RequestHead } from './client-request.ts';
import { readBody } from './client-upload.ts';

const EXCHANGE: unique symbol = Symbol('portico.exchange');

export class ClientExchange extends ClientRequest {
  readonly record: RequestRecord;
  readonly body = new ClientBody();
  /** Pattern of the BFF's route, for metrics. */
  endpoint = '';
  /** Why the route that was found only refuses. */
  refusal: GatewayError | undefined;
  /** An answer has begun through Fastify's reply, though it may take a while: no hook goes on. */
  isAnswering = false;
  /** Fastify's, once a route has been matched. */
  reply: FastifyReply | undefined;

  constructor(head: RequestHead, startedAt: number) {
    super(head);
    this.record = new RequestRecord(startedAt);
  }

  /** All of the body, read once; see {@link readBody}. */
  readBody(): Promise<Buffer> {
    return this.body.whole(() => readBody(this));
  }
}

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
