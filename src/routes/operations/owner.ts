/** Whose an operation is: of the consumer that started it, as a plugin identified it. */
import type { Consumer } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import type { ClientExchange } from '../../edge/client-exchange.ts';
import type { Operation } from '../../operations/engine.ts';

/** @throws GW_TOKEN_MISSING if nobody has said who the client is */
export function consumerOf({ consumer }: ClientExchange): Consumer {
  if (consumer !== undefined) return consumer;
  throw new GatewayError('GW_TOKEN_MISSING', 'an operation belongs to whoever starts it');
}

/** One text: the same id from two issuers is two owners. */
export const ownerOf = ({ via, issuer = '', id }: Consumer): string =>
  [via, issuer, id].map(encodeURIComponent).join('/');

/** Sees everybody's. */
export const seesAll = ({ scopes }: Consumer, wanted: readonly string[]): boolean =>
  wanted.some((scope) => scopes.has(scope));

export const isOwn = (consumer: Consumer, { owner }: Operation): boolean =>
  ownerOf(consumer) === owner;
