/** The parts of a request that a schema can describe, as values. */
import type { FastifyRequest } from 'fastify';
import { parseRequestJson } from 'portico';
import { mustBeJson } from '../shared/json-type.ts';
import { LostDigits } from './lost-digits.ts';
import { missingBody } from './refusal.ts';

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
  if (headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0) mustBeJson(headers);
  const bytes = await request.gateway.readBody();
  if (bytes.length > 0) {
    mustBeJson(headers);
    const lost = new LostDigits();
    const value = parseRequestJson(bytes, lost.read);
    return { value, lost: lost.isEmpty ? undefined : lost };
  }
  if (BODILESS.has(request.method)) return undefined;
  throw missingBody();
}

export type Texts = Record<string, string | string[]>;

export const queryOf = ({ gateway }: FastifyRequest): Texts =>
  textsOf(new URLSearchParams(gateway.query));

/** A value that is there twice is a list. */
export function textsOf(pairs: URLSearchParams): Texts {
  const values = empty();
  for (const [name, value] of pairs) {
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
