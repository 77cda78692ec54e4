/**
 * A schema of an OpenAPI document as it holds for requests: what is `readOnly` must not be sent, and is not required.
 *
 * The schemas that it refers to are called by their names, because a package of validators knows them so.
 */
import type { ApiSchema, ApiSchemaObject } from 'portico';

/** The keyword that refuses any value, with a reason. */
export const READ_ONLY = 'portico-read-only';

/** The schema that a reference names. */
export type Resolve = (reference: string) => ApiSchema | undefined;

type Names = ReadonlySet<string>;

const NONE: Names = new Set();
/** Keywords whose schemas hold for the same value, and for another. */
const SAME = new Set(['not', 'if', 'then', 'else']);
const SAME_LISTS = new Set(['allOf', 'anyOf', 'oneOf']);
const OTHER = new Set(
  'additionalProperties items contains propertyNames unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
);
const OTHER_LISTS = new Set(['prefixItems']);

const isObject = (schema: ApiSchema | undefined): schema is ApiSchemaObject =>
  typeof schema === 'object';

export const nameIn = (reference: string): string =>
  reference.slice(reference.lastIndexOf('/') + 1);

export const requestSchema = (schema: ApiSchema, resolve: Resolve): ApiSchema =>
  turned(schema, NONE, resolve);

/** @param hidden members that another schema of the same value makes read-only */
function turned(schema: ApiSchema, hidden: Names, resolve: Resolve): ApiSchema {
  if (typeof schema === 'boolean') return schema;
  const readOnly = new Set([...hidden, ...readOnlyMembers(schema, resolve)]);
  const other = (each: unknown): ApiSchema => turned(each as ApiSchema, NONE, resolve);
  const same = (each: unknown): ApiSchema => turned(each as ApiSchema, readOnly, resolve);
  const members = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (keyword === '$ref') return [keyword, nameIn(value as string)];
    if (keyword === 'required') {
      return [keyword, (value as string[]).filter((name) => !readOnly.has(name))];
    }
    if (keyword === 'properties') {
      return [keyword, mapped(value, (each, name) => (readOnly.has(name) ? REFUSED : other(each)))];
    }
    if (keyword === 'patternProperties') return [keyword, mapped(value, other)];
    if (keyword === 'dependentSchemas') return [keyword, mapped(value, same)];
    if (SAME.has(keyword)) return [keyword, same(value)];
    if (OTHER.has(keyword)) return [keyword, other(value)];
    if (SAME_LISTS.has(keyword)) return [keyword, (value as unknown[]).map(same)];
    if (OTHER_LISTS.has(keyword)) return [keyword, (value as unknown[]).map(other)];
    return [keyword, value];
  });
  return Object.fromEntries(members);
}

const REFUSED: ApiSchema = { [READ_ONLY]: true };

const mapped = (
  values: unknown,
  change: (value: unknown, name: string) => ApiSchema,
): Record<string, ApiSchema> =>
  Object.fromEntries(
    Object.entries(values as object).map(([name, each]) => [name, change(each, name)]),
  );

/** Members of the value that `schema`, or one that must hold too, makes read-only. */
function readOnlyMembers(schema: ApiSchema, resolve: Resolve, seen = new Set<ApiSchema>()): Names {
  if (!isObject(schema) || seen.has(schema)) return NONE;
  seen.add(schema);
  const { properties = {}, allOf = [], $ref } = schema;
  const own = Object.entries(properties as Readonly<Record<string, ApiSchema>>)
    .filter(([, each]) => isReadOnly(each, resolve))
    .map(([name]) => name);
  const others = [
    ...(allOf as readonly ApiSchema[]),
    ...(typeof $ref === 'string' ? [resolve($ref) ?? true] : []),
  ];
  return new Set([...own, ...others.flatMap((each) => [...readOnlyMembers(each, resolve, seen)])]);
}

function isReadOnly(schema: ApiSchema | undefined, resolve: Resolve): boolean {
  let now = schema;
  for (let i = 0; i < 20 && isObject(now); i++) {
    if (now['readOnly'] === true) return true;
    now = typeof now['$ref'] === 'string' ? resolve(now['$ref']) : undefined;
  }
  return false;
}

/** Names of the schemas that `schema` refers to, where it is one of a request. */
export function referencesIn(schema: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(schema)) for (const each of schema) referencesIn(each, found);
  else if (typeof schema === 'object' && schema !== null) {
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === '$ref' && typeof value === 'string') found.add(nameIn(value));
      else if (!VALUES.has(keyword)) referencesIn(value, found);
    }
  }
  return found;
}

/** What is below them is not a schema. */
const VALUES: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'required']);
