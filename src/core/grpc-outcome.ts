/**
 * The outcome of a gRPC call, which its HTTP status does not tell: `grpc-status` in the trailers or, if the call
 * failed at once, in the head. Codes as in grpc/grpc, doc/statuscodes.md.
 */
import { isGrpc } from './grpc-type.ts';
import type { Headers } from './headers.ts';

/** Unknown, deadline exceeded, internal, unavailable, data loss: the others are about the request. */
const FAULTS: ReadonlySet<string> = new Set(['2', '4', '13', '14', '15']);

/** Outcomes that may be tried again if the config says so; the names that Envoy has for them. */
export const RETRIED_CODES = {
  cancelled: '1',
  'deadline-exceeded': '4',
  'resource-exhausted': '8',
  internal: '13',
  unavailable: '14',
} as const;

const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries(RETRIED_CODES).map(([word, code]) => [code, word]),
);

/** The code in the head of a call that failed at once; `undefined` for any other answer. */
function codeInHead(headers: Headers): string | undefined {
  const code = headers['grpc-status'];
  return typeof code === 'string' && isGrpc(headers['content-type']) ? code : undefined;
}

/** Do these fields, a head or trailers, say that the upstream failed? */
export function saysFault(fields: Headers | undefined): boolean {
  const code = fields?.['grpc-status'];
  return typeof code === 'string' && FAULTS.has(code);
}

/** The config's word for the outcome in this head; `undefined` if it has none. */
export function wordInHead(headers: Headers): string | undefined {
  const code = codeInHead(headers);
  return code === undefined ? undefined : WORDS.get(code);
}
