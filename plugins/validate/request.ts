/** The parts of a request that a schema can describe, as values. */
import type { FastifyRequest } from 'fastify';
import { GatewayError, parseRequestJson } from 'portico';
import { LostDigits } from './lost-digits.ts';

/** `application/json`, or a type with the suffix `+json` (RFC 6839 §3.1). */
const JSON_TYPE = /^application\/(json|[a-z0-9!#$&^_.+-]+\+json)$/;

/** Of these a body means nothing (RFC 9110 §9.3), so that they may come without one. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** What a schema looks at, and the numbers of it that are not what they say, where there are some. */
export interface Checked {
  readonly value: unknown;
  readonly lost?: LostDigits | undefined;
}

/**
 * The body, which must be JSON; `undefined` if there is none and none is required.
 *
 * @throws GW_MEDIA_TYPE, GW_REQUEST_INVALID; whatever `readBody` throws
 */
export async function bodyOf(request: FastifyRequest): Promise<Checked | undefined> {
  const { headers } = request.raw;
  // One that is announced is refused unread. HTTP/2 need not announce any: there the bytes tell.
  const length = headers['content-length'];
  if (headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0) checkType(headers);
  const bytes = await request.gateway.readBody();
  if (bytes.length > 0) {
    checkType(headers);
    const lost = new LostDigits();
    const value = parseRequestJson(bytes, lost.read);
    return { value, lost: lost.isEmpty ? undefined : lost };
  }
  if (BODILESS.has(request.method)) return undefined;
  throw new GatewayError('GW_REQUEST_INVALID', 'a body is required', {
    extensions: { errors: [{ in: 'body', pointer: '', detail: 'is required' }] },
  });
}

/** Parameters as RFC 9110 §5.6.6 writes them; what is written otherwise, each server reads its own way. */
const PARAMETERS = /^(?:[ \t]*;[ \t]*(?:[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\]*"))?)*$/;
const CHARSET = /;[ \t]*charset=("?)([^";\s]*)\1/g;

/** @throws GW_MEDIA_TYPE */
function checkType(headers: NodeJS.Dict<string | string[]>): void {
  const written = String(headers['content-type'] ?? '').toLowerCase();
  const [type = ''] = written.split(/[;\s]/, 1);
  const parameters = written.slice(type.length);
  if (!JSON_TYPE.test(type) || !PARAMETERS.test(parameters)) {
    throw new GatewayError('GW_MEDIA_TYPE', 'the body must be JSON');
  }
  for (const [, , charset = ''] of parameters.matchAll(CHARSET)) {
    if (charset !== 'utf-8' && charset !== 'utf8') {
      throw new GatewayError('GW_MEDIA_TYPE', 'the body must be UTF-8');
    }
  }
  const coding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding !== 'identity') {
    throw new GatewayError('GW_MEDIA_TYPE', 'the body must not be compressed');
  }
}

export type Texts = Record<string, string | string[]>;

/** A value that is there twice is a list. */
export function queryOf({ gateway }: FastifyRequest): Texts {
  const values = empty();
  for (const [name, value] of new URLSearchParams(gateway.query)) {
    const known = values[name];
    if (known === undefined) values[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else values[name] = [known, value];
  }
  return values;
}

export const paramsOf = ({ params }: FastifyRequest): Texts =>
  Object.assign(empty(), params as Texts);

/** Names in lower case. */
export const headersOf = ({ raw }: FastifyRequest): Texts => Object.assign(empty(), raw.headers);

/** Without a prototype, so that no name is special. */
const empty = (): Texts => Object.create(null) as Texts;
