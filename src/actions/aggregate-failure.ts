/** How the failure of a part becomes the failure of the answer. */
import { type ErrorCode, GatewayError, isGatewayError, toGatewayError } from '../core/errors.ts';

/** Errors in the request or its body, independent of any upstream. */
const CLIENTS_OWN: ReadonlySet<ErrorCode> = new Set([
  'GW_REQUEST_INVALID',
  'GW_REQUEST_TIMEOUT',
  'GW_BODY_TOO_LARGE',
]);

/** Is it the client's mistake, whichever part finds it? */
export const isClientsOwn = (error: unknown): boolean =>
  isGatewayError(error) && CLIENTS_OWN.has(error.code);

/** The client's error for a required part that failed. */
export function asAnswer(name: string, error: unknown): GatewayError {
  const own = toGatewayError(error);
  if (own.code === 'GW_INTERNAL' || own.message.startsWith(name)) return own;
  return new GatewayError(own.code, `${name}: ${own.message}`, { ...own.options, cause: error });
}
