/**
 * Edits JSON answers. What is removed must not pass in another form: upstreams are asked for whole answers without a
 * coding, and JSON that cannot be edited is 502.
 */
import type { FastifyRequest } from 'fastify';
import { Body, type BodyConversion, GatewayError, type Policy, type ResponseHead } from 'portico';
import { DIGESTS } from '../shared/digests.ts';
import { keepTagListed, weakTag } from '../shared/entity-tags.ts';
import { isEncoded, isJsonType } from '../shared/json-type.ts';
import { type CompiledEdits, editResponse } from './edits.ts';

/** Asks for an answer that can be edited: all of it (RFC 9110 §14.2), with its bytes as they are (§12.5.3). */
export const askingForWhole: Policy = (next) => (request) => {
  const { range: _range, 'if-range': _validator, ...headers } = request.headers;
  return next({ ...request, headers: { ...headers, 'accept-encoding': 'identity' } });
};

export const editingResponses =
  (edits: CompiledEdits, maxBytes: number) =>
  ({ method, raw }: FastifyRequest, head: ResponseHead): BodyConversion | undefined => {
    const { status, headers } = head;
    if (status === 304) keepTagListed(raw.headers['if-none-match'], headers);
    if (status === 204 || status === 304 || !isJsonType(headers['content-type'])) return undefined;
    describeEdited(headers);
    if (method === 'HEAD') return undefined;
    if (isEncoded(headers)) throw unedited('it is compressed, though that was not asked for');
    if (status === 206) throw unedited('it is a part, though all of it was asked for');
    return async (body) => {
      const json = await body.readJson(maxBytes);
      if (body.received === 0) return Body.of('');
      // With the digits that the upstream has sent.
      const value = json.exact;
      editResponse(value, edits);
      const bytes = Buffer.from(JSON.stringify(value));
      headers['content-length'] = String(bytes.length);
      return Body.of(bytes);
    };
  };

/** What the upstream said of its bytes is not true of others; its tag still tells whether they are of the same answer. */
function describeEdited(headers: ResponseHead['headers']): void {
  for (const name of [...DIGESTS, 'content-length', 'accept-ranges', 'trailer']) {
    delete headers[name];
  }
  const tag = headers['etag'];
  if (typeof tag === 'string') headers['etag'] = weakTag(tag);
}

const unedited = (why: string): GatewayError =>
  new GatewayError('GW_UPSTREAM_INVALID', `the answer cannot be edited: ${why}`);
