/** What a call came to, a value for whoever decides what comes next: an answer, or why there is none. */
import type { Call, UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import { toGatewayError } from '../core/errors.ts';

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

/** As the access log says it: a status, or a code. */
export const wordOf = (outcome: Outcome): string =>
  outcome.kind === 'response'
    ? String(outcome.response.status)
    : toGatewayError(outcome.error).code;
