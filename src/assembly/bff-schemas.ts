/**
 * The zod schemas of a BFF's routes, in the form Fastify needs: input is checked, and output is trimmed
 * to the named properties.
 */
import type { preSerializationHookHandler, RouteOptions } from 'fastify';
import { z } from 'zod';
import { GatewayError } from '../core/errors.ts';

/**
 * Turns zod schemas into the draft-07 schemas of Fastify's serialiser, which drops what they do not name.
 */
export function checkResponses(name: string, options: RouteOptions): void {
  const { schema } = options;
  const responses = schema?.response;
  if (typeof responses !== 'object' || responses === null || isZod(responses)) {
    throw new TypeError(`${name}: give schema.response a schema for each status, as { 200: … }`);
  }
  const compiled = Object.entries(responses).map(([status, response]: [string, unknown]) => {
    if (!isZod(response))
      throw new TypeError(`${name}: the response ${status} is not a zod schema`);
    const json = z.toJSONSchema(response, { target: 'draft-7', io: 'output' });
    if (isLoose(json)) {
      throw new TypeError(
        `${name}: the response ${status} has a loose object, which removes no fields`,
      );
    }
    return [status, trimming(json)] as const;
  });
  options.schema = { ...schema, response: Object.fromEntries(compiled) };
  options.preSerialization = [
    ...[options.preSerialization ?? []].flat(),
    requireSchema(new Set(Object.keys(responses).map((status) => status.toLowerCase()))),
  ];
}

/** Refuses a status without a schema, because its answer would be sent whole. */
function requireSchema(known: ReadonlySet<string>): preSerializationHookHandler {
  return function checkStatus(_request, reply, payload, done) {
    const status = String(reply.statusCode);
    const isKnown = known.has(status) || known.has(`${status[0]}xx`) || known.has('default');
    if (isKnown) done(null, payload);
    else done(new TypeError(`no response schema for the status ${status}`));
  };
}

/**
 * Drops `additionalProperties: false`. The serialiser leaves out unnamed properties anyway, but in a
 * union it would refuse the whole object.
 */
function trimming(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(trimming);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(
    ([key, value]) => key !== 'additionalProperties' || value !== false,
  );
  return Object.fromEntries(members.map(([key, value]) => [key, trimming(value)]));
}

const isZod = (value: unknown): value is z.ZodType =>
  typeof value === 'object' && value !== null && '_zod' in value;

/** Does any object in the schema name properties and still let others through? */
function isLoose(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { properties, additionalProperties } = schema as Record<string, unknown>;
  const open = additionalProperties === undefined || isAnything(additionalProperties);
  if (properties !== undefined && open) return true;
  return Object.values(schema).some(isLoose);
}

const isAnything = (value: unknown): boolean =>
  value === true ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** RFC 6901 §3. */
const pointerStep = (key: PropertyKey): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** A Fastify validator for a zod schema; each fault has its JSON pointer. */
export function validator(schema: z.ZodType) {
  return (value: unknown): { value: unknown } | { error: Error } => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data };
    const errors = parsed.error.issues.map(({ path, message }) => ({
      pointer: path.map(pointerStep).join(''),
      detail: message,
    }));
    const detail = errors.map((each) => `${each.pointer || '/'}: ${each.detail}`).join('; ');
    return { error: new GatewayError('GW_REQUEST_INVALID', detail, { extensions: { errors } }) };
  };
}
