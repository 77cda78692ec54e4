/** Errors in the form of a protocol, for clients that could not read a problem document. */
import type { FastifyRequest } from 'fastify';
import { bugOf, type GatewayError } from '../core/errors.ts';
import { exchangeOf } from './client-exchange.ts';
import { type Problem, problem } from './problem.ts';

/** An error of the gateway, in the form of a protocol. */
export interface ErrorAnswer {
  readonly status: number;
  /** Lower-case names. They replace those that all errors have, such as `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `undefined`: this client gets a problem document. */
export type ErrorForm = (request: FastifyRequest, error: GatewayError) => ErrorAnswer | undefined;

/** The answer for `error`: in the form of the route's protocol, or a problem document. */
export function errorAnswer(
  request: FastifyRequest,
  error: GatewayError,
): Omit<Problem, 'body'> & { readonly body: Uint8Array } {
  const { status, headers, body } = problem(error, request.id);
  const formed = formedAnswer(request, error);
  return formed === undefined
    ? { status, headers, body: Buffer.from(body) }
    : { ...formed, headers: { ...headers, ...formed.headers } };
}

/** `undefined`, too, if the form fails: the error itself must reach the client. */
function formedAnswer(request: FastifyRequest, error: GatewayError): ErrorAnswer | undefined {
  const { errorForm, route } = exchangeOf(request.raw);
  try {
    return errorForm?.(request, error);
  } catch (thrown) {
    request.log.error({ ...bugOf(thrown), route }, 'bug');
    return undefined;
  }
}
