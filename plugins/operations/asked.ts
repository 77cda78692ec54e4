/**
 * What a client asks for, by the rules of GraphQL over HTTP: a JSON body of POST, or parameters of GET.
 *
 * An operation is named by `id`, `documentId` or `extensions.persistedQuery.sha256Hash`, or is a text in `query`.
 */
import type { FastifyRequest } from 'fastify';
import { GatewayError, keepSource, parseRequestJson } from 'portico';
import { mustBeJson } from '../shared/json-type.ts';

type Members = Readonly<Record<string, unknown>>;

export interface Asked {
  /** An id or a hash. */
  readonly id: string | undefined;
  readonly text: string | undefined;
  readonly operationName: string | undefined;
  /** With the digits of the client's numbers. */
  readonly variables: Members | undefined;
  /** Without what names the operation. */
  readonly extensions: Members | undefined;
}

/** @throws GW_METHOD_NOT_ALLOWED, GW_MEDIA_TYPE, GW_BODY_TOO_LARGE, GW_REQUEST_INVALID; whatever `readBody` throws */
export async function askedBy(request: FastifyRequest, maxBytes: number): Promise<Asked> {
  if (request.method !== 'POST') return askedByQuery(request);
  const { headers } = request.raw;
  mustBeJson(headers);
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await request.gateway.readBody();
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  const body = parseRequestJson(bytes, keepSource);
  if (Array.isArray(body)) throw invalid('batches are not served: send one operation');
  return askedIn(mapOf(body, 'the body') ?? {});
}

/** @throws GW_METHOD_NOT_ALLOWED, GW_REQUEST_INVALID */
export function askedByQuery({ method, gateway }: FastifyRequest): Asked {
  if (method !== 'GET') {
    const headers = { allow: 'GET, POST' };
    throw new GatewayError('GW_METHOD_NOT_ALLOWED', 'use GET or POST', { headers });
  }
  const members: Record<string, unknown> = {};
  const parameters = new URLSearchParams(gateway.query);
  for (const name of ['id', 'documentId', 'query', 'operationName']) {
    members[name] = single(parameters, name);
  }
  for (const name of ['variables', 'extensions']) {
    const text = single(parameters, name);
    if (text !== undefined) members[name] = parsed(name, text);
  }
  return askedIn(members);
}

function askedIn(members: Members): Asked {
  const { persistedQuery, ...extensions } = mapOf(members['extensions'], 'extensions') ?? {};
  const hash = textOf(mapOf(persistedQuery, 'extensions.persistedQuery') ?? {}, 'sha256Hash');
  const ids = [textOf(members, 'id'), textOf(members, 'documentId'), hash];
  const [id, ...others] = [...new Set(ids.filter((each) => each !== undefined))];
  if (others.length > 0) throw invalid('the operation is named in two ways that differ');
  return {
    id,
    text: textOf(members, 'query'),
    operationName: textOf(members, 'operationName'),
    variables: mapOf(members['variables'], 'variables'),
    extensions: Object.keys(extensions).length === 0 ? undefined : extensions,
  };
}

/** Of two values, servers read one or the other. */
function single(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  if (others.length > 0) throw invalid(`${name} must be there once`);
  return value;
}

function parsed(name: string, text: string): unknown {
  try {
    return parseRequestJson(Buffer.from(text), keepSource);
  } catch (error) {
    const why = (error as Error).message.replace('the body', name);
    throw new GatewayError('GW_REQUEST_INVALID', why, { cause: error });
  }
}

/** `null` is what nothing is. */
function textOf(members: Members, name: string): string | undefined {
  const value = members[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value || undefined;
  throw invalid(`${name} must be a text`);
}

function mapOf(value: unknown, name: string): Members | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && !Array.isArray(value) && !JSON.isRawJSON(value)) {
    return value as Members;
  }
  throw invalid(`${name} must be an object`);
}

const invalid = (detail: string): GatewayError => new GatewayError('GW_REQUEST_INVALID', detail);

const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError('GW_BODY_TOO_LARGE', `more than ${maxBytes} bytes`);
