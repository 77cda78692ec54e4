/** What a request is refused with, and where it was wrong. */
import { GatewayError } from 'portico';
import type { Invalid } from './schema.ts';

/** What of a request is wrong; a label of a metric. */
export type Part = 'path' | 'method' | 'params' | 'query' | 'headers' | 'cookies' | 'body';

/** @param faults at least one */
export function refusal(part: Part, faults: readonly Invalid[]): GatewayError {
  const errors = faults.map((fault) => ({ in: part, ...fault }));
  const [{ pointer, detail }] = faults as readonly [Invalid];
  const what = `${part}${pointer}: ${detail}`;
  return new GatewayError('GW_REQUEST_INVALID', what, { extensions: { errors } });
}

export function missingBody(): GatewayError {
  return new GatewayError('GW_REQUEST_INVALID', 'a body is required', {
    extensions: { errors: [{ in: 'body', pointer: '', detail: 'is required' }] },
  });
}
