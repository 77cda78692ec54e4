/**
 * Edits the bodies of requests, before any attempt: a policy, because it has the body that is sent.
 *
 * A body that cannot be edited is refused, so that no client gets around the edits by sending it in another form.
 */
import {
  GatewayError,
  keepSource,
  parseRequestJson,
  type Policy,
  type RequestBody,
  type UpstreamRequest,
} from 'portico';
import { DIGESTS } from '../shared/digests.ts';
import { mustBeJson } from '../shared/json-type.ts';
import { type CompiledEdits, editRequest } from './edits.ts';

type Headers = Record<string, string | readonly string[]>;

export const editingRequests =
  (edits: CompiledEdits, maxBytes: number): Policy =>
  (next) =>
  (request) => {
    const { body } = request;
    if (body === undefined || body.length === 0) return next(request);
    return editedRequest(request, body, edits, maxBytes).then(next);
  };

/** @throws GW_MEDIA_TYPE, GW_BODY_TOO_LARGE, GW_REQUEST_INVALID; whatever ends the call meanwhile */
async function editedRequest(
  request: UpstreamRequest,
  body: Uint8Array | RequestBody,
  edits: CompiledEdits,
  maxBytes: number,
): Promise<UpstreamRequest> {
  // One that is announced is refused unread; without a length, only the bytes tell whether there is one.
  if (body.length !== undefined) checkHead(request, body.length, maxBytes);
  const bytes = await wholeBody(body, request, maxBytes);
  if (bytes.length === 0) return { ...request, body: bytes };
  if (body.length === undefined) checkHead(request, bytes.length, maxBytes);
  const value = parseRequestJson(bytes, keepSource);
  editRequest(value, edits, request);
  const edited = Buffer.from(JSON.stringify(value));
  const headers: Headers = { ...request.headers, 'content-length': String(edited.length) };
  for (const name of DIGESTS) delete headers[name];
  return { ...request, headers, body: edited };
}

function checkHead({ headers }: UpstreamRequest, lengthBytes: number, maxBytes: number): void {
  mustBeJson(headers);
  if (lengthBytes > maxBytes) throw tooLarge(maxBytes);
}

async function wholeBody(
  body: Uint8Array | RequestBody,
  { signal }: UpstreamRequest,
  maxBytes: number,
): Promise<Buffer> {
  if (body instanceof Uint8Array) {
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  let room = maxBytes;
  const add = (bytes: number): boolean => (room -= bytes) >= 0;
  const bytes = await body.collect({ add }, signal);
  if (bytes === undefined) throw tooLarge(maxBytes);
  return bytes;
}

const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError('GW_BODY_TOO_LARGE', `more than ${maxBytes} bytes`);
