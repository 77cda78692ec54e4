/**
 * Fields a client may not send, because only the gateway or its plugins may set them.
 *
 * They are removed before anything reads the request, on every route, in every spelling. To many upstream
 * servers `x-user-id` and `x_user_id` are one name, so all names with `_` are dropped.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GatewayError } from '../core/errors.ts';
import { connectionOptions } from '../core/headers.ts';
import { ADDRESS_FIELDS, ORIGIN_FIELDS } from './client-origin-fields.ts';

/** Fields that a proxy in front would set, or that override the request line in an upstream. */
const SPOOFABLE: ReadonlySet<string> = new Set([
  'forwarded',
  'portico-debug',
  'portico-mirror',
  'x-forwarded',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-request-id',
  'x-request-deadline-ms',
  'x-rewrite-url',
]);

/** The prefix of `-For`, `-Host`, `-Client-Cert`, `-User`, and whatever else an upstream may read. */
const FORWARDED = 'x-forwarded-';

/**
 * Fields that `Connection` cannot remove: RFC 9110 §7.6.1 allows it to name hop-by-hop fields only, and a
 * body whose framing fields are gone would be lost.
 */
const PROTECTED = /^(host|authorization|cookie|content-.*|expect|transfer-encoding|via)$/;

/** The names, in lower case, that no client's request may carry. */
export function forbiddenFields(
  owned: Iterable<string>,
  clientAddress?: string,
): ReadonlySet<string> {
  const ours = [...owned].map((name) => name.toLowerCase());
  const names = new Set([...SPOOFABLE, ...ADDRESS_FIELDS, ...ORIGIN_FIELDS, ...ours]);
  return clientAddress === undefined ? names : names.add(clientAddress);
}

/**
 * The names, in lower case, that no request of a trusted proxy may carry. A proxy may say where the
 * client comes from; if `clientAddress` names a field, the address may be in that one only.
 */
export function forbiddenToProxies(
  owned: Iterable<string>,
  clientAddress: string | undefined,
): ReadonlySet<string> {
  const names = new Set([...SPOOFABLE, ...(clientAddress === undefined ? [] : ADDRESS_FIELDS)]);
  if (clientAddress !== undefined) names.delete(clientAddress);
  for (const name of owned) names.add(name.toLowerCase());
  return names;
}

/** Removes the `forbidden` fields from `request`. */
export function removeForbidden(request: IncomingMessage, forbidden: ReadonlySet<string>): void {
  const headers = request.headers;
  for (const name in headers) {
    if (forbidden.has(name) || name.includes('_') || name.startsWith(FORWARDED)) {
      delete headers[name];
    }
  }
  const { connection } = headers;
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return;
  removeNamedByConnection(headers, connection);
}

function removeNamedByConnection(headers: IncomingHttpHeaders, connection: string): void {
  for (const name of connectionOptions(connection)) {
    // These still matter on this hop, and are never passed on.
    if (name === 'upgrade' || name === 'te' || name === 'keep-alive' || name === 'close') continue;
    if (!PROTECTED.test(name)) delete headers[name];
  }
}

/**
 * Refuses framing that two servers could read differently (RFC 9112 §6.1, §6.3): a transfer coding other
 * than `chunked`, or any in HTTP/1.0. Node's parser has already refused all other cases.
 *
 * @throws GW_REQUEST_INVALID
 */
export function checkFraming({ headers, httpVersionMinor: minor }: IncomingMessage): void {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return;
  if (coding.toLowerCase() !== 'chunked' || headers['content-length'] !== undefined || minor < 1) {
    throw new GatewayError('GW_REQUEST_INVALID', 'the framing of the body is not valid');
  }
}

/**
 * Refuses every expectation but `100-continue`, the only one defined (RFC 9110 §10.1.1). HTTP/1.0 has
 * none, so there the field is ignored.
 *
 * @throws GW_EXPECTATION
 */
export function checkExpectation({ headers, httpVersion }: IncomingMessage): void {
  const { expect } = headers;
  if (expect === undefined) return;
  if (httpVersion === '1.0') delete headers.expect;
  else if (expect.toLowerCase() !== '100-continue') {
    throw new GatewayError('GW_EXPECTATION', 'only 100-continue is supported');
  }
}

/** Unwanted bodies up to this length are read to the end, to keep the connection. */
const DROPPED_BYTES = 65_536;

/** May this body be too long to read just to keep the connection? */
export function hasLongBody(request: IncomingMessage): boolean {
  // HTTP/2 ends the stream, not the connection.
  if (request.complete || request.httpVersionMajor === 2) return false;
  const { 'transfer-encoding': coding, 'content-length': length } = request.headers;
  return coding !== undefined || Number(length ?? 0) > DROPPED_BYTES;
}

/** Does a body follow the head? */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  const length = headers['content-length'];
  if (length !== undefined) return Number(length) > 0;
  return headers['transfer-encoding'] !== undefined || isOpenStream(request);
}

/** In HTTP/2 an open stream announces a body, without any field. */
function isOpenStream(request: IncomingMessage): boolean {
  if (request.httpVersionMajor !== 2) return false;
  const { stream } = request as IncomingMessage & {
    readonly stream?: { readonly endAfterHeaders: boolean };
  };
  return stream?.endAfterHeaders === false;
}
