/** Makes one operation of several for the same path and method: the sides of a split, an upstream and its fallback. */
import type { ApiContent, ApiResponse, ApiSchema } from '../config/openapi/model.ts';
import type { Operation } from './operation.ts';

/**
 * Those of `lists`, each once. Where several lists have one, clients may get the answer of either; the request is that of the
 * first, with the others as its alternatives.
 */
export function mergedOperations(lists: readonly (readonly Operation[])[]): Operation[] {
  const byKey = new Map<string, Operation>();
  for (const operation of lists.flat()) {
    const key = operationKey(operation);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? operation : merged(known, operation));
  }
  return [...byKey.values()];
}

export const operationKey = ({ method, path }: Operation): string => `${method} ${path}`;

export function merged(one: Operation, other: Operation): Operation {
  return {
    ...one,
    isDeprecated: one.isDeprecated && other.isDeprecated,
    responses: mergedResponses(one.responses, other.responses),
    errors: [...new Set([...one.errors, ...other.errors])],
    alternatives: [...(one.alternatives ?? []), other],
  };
}

type Responses = Operation['responses'];

/** Each status that one of them has. */
export function mergedResponses(one: Responses, other: Responses): Responses {
  const both = { ...one };
  for (const [status, response] of Object.entries(other)) {
    const known = both[status];
    both[status] = known === undefined ? response : mergedResponse(known, response);
  }
  return both;
}

function mergedResponse(one: ApiResponse, other: ApiResponse): ApiResponse {
  const texts = new Set([one.description, other.description].filter((text) => text !== ''));
  return {
    description: [...texts].join(' Or: '),
    headers: { ...other.headers, ...one.headers },
    content: mergedContent(one.content, other.content),
  };
}

function mergedContent(one: ApiContent, other: ApiContent): ApiContent {
  const both = { ...one };
  for (const [type, { schema }] of Object.entries(other)) {
    const known = both[type]?.schema;
    both[type] = { schema: known === undefined ? schema : anyOf([known, schema]) };
  }
  return both;
}

/** A value that fits one of `schemas`. */
export function anyOf(schemas: readonly ApiSchema[]): ApiSchema {
  const texts = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  const different = [...texts.values()];
  if (different.some((schema) => isAny(schema))) return {};
  return different.length === 1 ? different[0]! : { anyOf: different };
}

const isAny = (schema: ApiSchema): boolean =>
  schema === true || (typeof schema === 'object' && Object.keys(schema).length === 0);
