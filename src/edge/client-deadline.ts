/**
 * A gRPC client's own deadline: it bounds the whole exchange, streams included. The upstream's `deadline` bounds
 * the wait for the head all the same.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { parseGrpcTimeout } from '../core/grpc-timeout.ts';
import type { ClientExchange } from './client-exchange.ts';

/**
 * Cancels `exchange` once the time that the client gives is over. Does nothing if it gives none.
 *
 * @throws GW_REQUEST_INVALID for a time that cannot be read
 */
export function heedClientDeadline(
  { headers }: IncomingMessage,
  response: ServerResponse,
  exchange: ClientExchange,
  clock: Clock,
): void {
  const given = headers['grpc-timeout'];
  // Apart from the rest, whose closure would cost every request that gives none.
  if (given !== undefined) heed(given, response, exchange, clock);
}

function heed(
  given: string | string[],
  response: ServerResponse,
  exchange: ClientExchange,
  clock: Clock,
): void {
  const ms = typeof given === 'string' ? parseGrpcTimeout(given) : undefined;
  if (ms === undefined) {
    const detail = 'grpc-timeout must be at most 8 digits and a unit: H, M, S, m, u or n';
    throw new GatewayError('GW_REQUEST_INVALID', detail);
  }
  exchange.endsAt = exchange.record.startedAt + ms;
  const timer = clock.after(Math.max(exchange.endsAt - clock.now(), 0), () =>
    exchange.signal.cancel(
      new GatewayError('GW_CLIENT_DEADLINE', `the client waits for ${String(given)} only`),
    ),
  );
  response.once('close', () => clock.cancel(timer));
}
