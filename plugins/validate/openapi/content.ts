/** Checks the body of a request by its media type: JSON and forms by their schemas, others by the type alone. */
import type { FastifyRequest } from 'fastify';
import { type ApiBody, GatewayError, isGatewayError, parseRequestJson } from 'portico';
import { isEncoded, isJsonType, mustBeJson } from '../../shared/json-type.ts';
import type { Coercion } from '../coerce.ts';
import { LostDigits } from '../lost-digits.ts';
import { missingBody, refusal } from '../refusal.ts';
import { textsOf } from '../request.ts';
import type { Invalid, Validator } from '../schema.ts';
import type { DocumentSchemas, Pause } from './document-schemas.ts';

/** @throws GW_REQUEST_INVALID, GW_MEDIA_TYPE, and whatever `readBody` throws */
export type BodyCheck = (request: FastifyRequest) => void | Promise<void>;

interface Media {
  /** Without parameters: `application/json`, `image/*`. */
  readonly range: string;
  readonly validate: Validator;
  /** How members of a form are read. */
  readonly coercion: Coercion | undefined;
}

interface Rules {
  readonly media: readonly Media[];
  readonly isRequired: boolean;
}

const FORM = 'application/x-www-form-urlencoded';

/** @param body absent: the operation takes none */
export async function compileBody(
  body: ApiBody | undefined,
  schemas: DocumentSchemas,
  pause: Pause,
): Promise<BodyCheck> {
  if (body === undefined) return refuseAny;
  const media: Media[] = [];
  for (const [written, { schema }] of Object.entries(body.content)) {
    const range = essenceOf(written);
    // Of other types nothing but the type is looked at.
    const isRead = isJsonType(range) || range.includes('*') || range === FORM;
    const validate = isRead ? await schemas.validator(schema, pause) : () => [];
    const own = typeof schema === 'object' ? schema : {};
    media.push({ range, validate, coercion: isRead ? schemas.coercion(own) : undefined });
  }
  const rules = { media, isRequired: body.isRequired };
  return (request) => checkBody(request, rules);
}

const essenceOf = (type: string): string => type.split(/[;\s]/, 1)[0]!.toLowerCase();

/** What is known of a body before it is read. HTTP/2 need not announce any. */
function announced({ raw }: FastifyRequest): 'none' | 'some' | 'unknown' {
  const { headers, httpVersionMajor } = raw;
  const length = headers['content-length'];
  if (length !== undefined) return Number(length) > 0 ? 'some' : 'none';
  if (headers['transfer-encoding'] !== undefined) return 'some';
  return httpVersionMajor === 1 ? 'none' : 'unknown';
}

/** Of chunks, too, only the bytes tell whether there are any. */
async function isEmpty(request: FastifyRequest): Promise<boolean> {
  if (announced(request) === 'none') return true;
  if (request.raw.headers['content-length'] !== undefined) return false;
  return (await request.gateway.readBody()).length === 0;
}

async function refuseAny(request: FastifyRequest): Promise<void> {
  if (await isEmpty(request)) return;
  throw refusal('body', [{ pointer: '', detail: 'is not allowed: the operation takes none' }]);
}

async function checkBody(request: FastifyRequest, { media, isRequired }: Rules): Promise<void> {
  const type = request.raw.headers['content-type'];
  if (announced(request) === 'none' || (type === undefined && (await isEmpty(request)))) {
    if (isRequired) throw missingBody();
    return;
  }
  const found = mediaFor(essenceOf(type ?? ''), media);
  if (found === undefined) throw unsupported(media);
  if (isJsonType(type)) await checkJson(request, found, { media, isRequired });
  else if (essenceOf(type ?? '') === FORM) await checkForm(request, found, { media, isRequired });
}

/** The most exact one. */
function mediaFor(essence: string, media: readonly Media[]): Media | undefined {
  const [kind] = essence.split('/', 1);
  return [essence, `${kind}/*`, '*/*']
    .map((range) => media.find((each) => each.range === range))
    .find((each) => each !== undefined);
}

/** RFC 9110 §15.5.16: the answer says what would do. */
function unsupported(media: readonly Media[], detail = 'the body is of a type that is not taken') {
  const headers = { accept: media.map(({ range }) => range).join(', ') };
  return new GatewayError('GW_MEDIA_TYPE', detail, { headers });
}

async function checkJson(request: FastifyRequest, media: Media, rules: Rules): Promise<void> {
  try {
    mustBeJson(request.raw.headers);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    throw unsupported(rules.media, error.message);
  }
  const bytes = await bytesOf(request, rules);
  if (bytes === undefined) return;
  const lost = new LostDigits();
  const value = parseRequestJson(bytes, lost.read);
  refuse(media.validate(value, lost.isEmpty ? undefined : lost));
}

async function checkForm(
  request: FastifyRequest,
  { validate, coercion }: Media,
  rules: Rules,
): Promise<void> {
  if (isEncoded(request.raw.headers)) {
    throw unsupported(rules.media, 'the body must not be compressed');
  }
  const bytes = await bytesOf(request, rules);
  if (bytes === undefined) return;
  const texts = textsOf(new URLSearchParams(bytes.toString()));
  const faultsAs = (reading: 'other' | 'text'): readonly Invalid[] => {
    const { value, lost } = coercion!.read(texts, reading);
    return validate(value, lost);
  };
  const faults = faultsAs('other');
  if (faults.length === 0 || !coercion!.isAmbiguous || faultsAs('text').length > 0) refuse(faults);
}

/** `undefined` if there is none, and none is required. */
async function bytesOf(
  request: FastifyRequest,
  { isRequired }: Rules,
): Promise<Buffer | undefined> {
  const bytes = await request.gateway.readBody();
  if (bytes.length > 0) return bytes;
  if (isRequired) throw missingBody();
  return undefined;
}

function refuse(faults: readonly Invalid[]): void {
  if (faults.length > 0) throw refusal('body', faults);
}
