/** The outcome of a call as a value: a response, or the error. */
import type { Call, UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import { toGatewayError } from '../core/errors.ts';
import type { Ending } from '../core/record.ts';

export type Outcome =
  | { readonly kind: 'response'; readonly response: UpstreamResponse }
  | { readonly kind: 'error'; readonly error: unknown };

export async function outcomeOf(call: Call, request: UpstreamRequest): Promise<Outcome> {
  try {
    return { kind: 'response', response: await call(request) };
  } catch (error) {
    return { kind: 'error', error };
  }
}

export function unwrap(outcome: Outcome): UpstreamResponse {
  if (outcome.kind === 'response') return outcome.response;
  throw outcome.error;
}

/** The outcome as the record stores it. */
export const endingOf = (outcome: Outcome): Ending =>
  outcome.kind === 'response' ? outcome.response.status : toGatewayError(outcome.error).code;
