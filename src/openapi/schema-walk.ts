/** Walks through JSON Schema, and through nothing that only looks like it (`enum`, `default`). */
import type { ApiSchema, ApiSchemaObject } from '../config/openapi/model.ts';

const ONE = new Set(
  'additionalProperties items contains propertyNames not if then else unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAPS = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs']);

/** `schema` with `change` made of each schema in it, from the inside. */
export function mapSchema(
  schema: ApiSchema,
  change: (schema: ApiSchemaObject) => ApiSchema,
): ApiSchema {
  if (typeof schema === 'boolean') return schema;
  const members = Object.entries(schema).map(([keyword, value]) => {
    const inner = (each: unknown): ApiSchema => mapSchema(each as ApiSchema, change);
    if (ONE.has(keyword)) return [keyword, inner(value)] as const;
    if (LISTS.has(keyword)) return [keyword, (value as unknown[]).map(inner)] as const;
    if (!MAPS.has(keyword)) return [keyword, value] as const;
    const named = Object.entries(value as object).map(([name, each]) => [name, inner(each)]);
    return [keyword, Object.fromEntries(named) as unknown] as const;
  });
  return change(Object.fromEntries(members));
}

/** `schema` with each reference replaced by what `rename` makes of it. */
export const mapReferences = (
  schema: ApiSchema,
  rename: (reference: string) => string,
): ApiSchema =>
  mapSchema(schema, (each) =>
    typeof each['$ref'] === 'string' ? { ...each, $ref: rename(each['$ref']) } : each,
  );

/** Names of the schemas that `schema` refers to. */
export function referencesIn(schema: ApiSchema): Set<string> {
  const found = new Set<string>();
  mapSchema(schema, (each) => {
    if (typeof each['$ref'] === 'string') found.add(nameIn(each['$ref']));
    return each;
  });
  return found;
}

export const nameIn = (reference: string): string =>
  reference.slice(reference.lastIndexOf('/') + 1);
