/** Fields on the wire that undici needs help with. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Headers, MutableHeaders } from '../core/headers.ts';

/**
 * Puts `te` first, because h1-parser.ts looks only at the first field. The cast holds, because undici
 * only reads the fields.
 */
export const teFirst = (headers: Headers): MutableHeaders => {
  const { te } = headers;
  return (te === undefined ? headers : { te, ...headers }) as MutableHeaders;
};

/**
 * undici undoes `chunked` and nothing else, so a body sent as `gzip, chunked` would stay encoded (RFC
 * 9112 §6.1).
 */
export function hasOtherCoding(headers: IncomingHttpHeaders): boolean {
  // undici makes a list of a repeated field, which Node.js's type does not allow for.
  const { 'transfer-encoding': coding } = headers as Headers;
  if (coding === undefined || coding === 'chunked') return false;
  return String(coding).trim().toLowerCase() !== 'chunked';
}
