/** One of the places that a consumer has for streams on a route, or an address if nobody is authenticated. */
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { ActionContext, Route } from './route.ts';

export interface ConsumerPlace {
  readonly exchange: ClientExchange;
  readonly route: Route;
  readonly context: ActionContext;
  /** Which of the route's bounds: WebSockets and other streams have one each. */
  readonly of: 'socket' | 'stream';
  /** `undefined`: as many as the upstream takes. */
  readonly most: number | undefined;
}

/** Takes a place until the result is called. @throws GW_CONSUMER_STREAMS when there is none */
export function takePlace({ exchange, route, context, of, most }: ConsumerPlace): () => void {
  if (most === undefined) return () => undefined;
  return context.consumerStreams.take(route.config.name, keyOf(exchange, of), most);
}

/** Is there one now? Takes none. @throws GW_CONSUMER_STREAMS when there is none */
export function checkPlace({ exchange, route, context, of, most }: ConsumerPlace): void {
  if (most !== undefined) {
    context.consumerStreams.check(route.config.name, keyOf(exchange, of), most);
  }
}

/** The kinds of keys must not be mistaken for each other. */
const keyOf = ({ consumer, peer }: ClientExchange, of: ConsumerPlace['of']): string =>
  consumer === undefined ? `${of} address ${peer.address}` : `${of} consumer ${consumer.id}`;
