/**
 * Finds the place in a JSON Schema that its compiler complains about: Ajv names most of what it refuses, but
 * not where it is.
 */
import { hint, parseRegex } from 'portico';
import type { Schema } from './schema.ts';

/** Keys and indexes from the root of a schema. */
export type SchemaPath = readonly (string | number)[];

export interface SchemaFault {
  readonly path: SchemaPath;
  readonly message: string;
  readonly at?: 'key';
}

/** Keywords that hold schemas: one, a list of them, or some by name. */
const SINGLE = [
  'items',
  'additionalItems',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const MAPS = [
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
];

type Placed = readonly [schema: Schema, path: SchemaPath];

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `schema` and every schema in it. */
function* schemasIn(schema: unknown, path: SchemaPath = []): Generator<Placed> {
  if (!isSchema(schema)) return;
  yield [schema, path];
  for (const key of SINGLE) yield* schemasIn(schema[key], [...path, key]);
  for (const key of LISTS) {
    const list = schema[key];
    if (!Array.isArray(list)) continue;
    for (const [i, each] of list.entries()) yield* schemasIn(each, [...path, key, i]);
  }
  for (const key of MAPS) {
    const map = schema[key];
    if (!isSchema(map)) continue;
    for (const [name, each] of Object.entries(map)) yield* schemasIn(each, [...path, key, name]);
  }
}

/** Every keyword of `schema` that is not in `known`. */
export function* unknownKeywords(
  schema: Schema,
  known: ReadonlySet<string>,
): Generator<SchemaFault> {
  for (const [each, path] of schemasIn(schema)) {
    for (const key of Object.keys(each)) {
      if (known.has(key)) continue;
      const near = hint(key, [...known]);
      // The list of all would say nothing.
      const meant = near.startsWith(';') ? near : '';
      yield { path: [...path, key], at: 'key', message: `is not a JSON Schema keyword${meant}` };
    }
  }
}

/** What the compiler refused, at its place; at the root of the schema where it cannot be found. */
export function placed(schema: Schema, message: string): SchemaFault {
  const said = message.replace('strict mode: ', '');
  const [, fragment] = / at (?:path )?"#?([^"]*)"/.exec(said) ?? [];
  const pointer = fragment && decodeURIComponent(fragment);
  const told = said.replace(/ at (?:path )?"[^"]*"| \(strict\w+\)| ignored in schema/g, '');
  return { ...placeOf(schema, said, pointer), message: `is not a JSON Schema: ${told}` };
}

type Place = Omit<SchemaFault, 'message'>;

function placeOf(schema: Schema, said: string, pointer: string | undefined): Place {
  if (pointer !== undefined) {
    const [, keyword] = /(?:keyword "|unknown (?=format)|^")(\w+)/.exec(said) ?? [];
    const path = pathOf(schema, pointer);
    return { path: keyword === undefined ? path : [...path, keyword] };
  }
  const [, other, loop] =
    /(?:reference |key or ref )"?(\S+?)"?(?: |$)|^"(\S+)" refers/.exec(said) ?? [];
  const reference = other ?? loop;
  const [, condition] = /^"(if|then|else)" without/.exec(said) ?? [];
  for (const [each, path] of schemasIn(schema)) {
    for (const key of ['$ref', '$dynamicRef', '$schema']) {
      if (reference !== undefined && each[key] === reference) return { path: [...path, key] };
    }
    if (condition !== undefined && isAlone(each, condition)) {
      return { path: [...path, condition], at: 'key' };
    }
    const pattern = patternIn(each);
    if (pattern !== undefined) return { path: [...path, ...pattern] };
  }
  return { path: [] };
}

const isAlone = (schema: Schema, condition: string): boolean =>
  Object.hasOwn(schema, condition) &&
  (condition === 'if' ? !('then' in schema || 'else' in schema) : !('if' in schema));

/** Where `schema` has a pattern that cannot be read. */
function patternIn({ pattern, patternProperties }: Schema): SchemaPath | undefined {
  if (typeof pattern === 'string' && !isPattern(pattern)) return ['pattern'];
  const names = isSchema(patternProperties) ? Object.keys(patternProperties) : [];
  const wrong = names.find((name) => !isPattern(name));
  return wrong === undefined ? undefined : ['patternProperties', wrong];
}

function isPattern(text: string): boolean {
  try {
    parseRegex(text);
    return true;
  } catch {
    return false;
  }
}

/** The path of a JSON Pointer (RFC 6901): what leads into a list is an index. */
export function pathOf(schema: Schema, pointer: string): SchemaPath {
  let at: unknown = schema;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const isIndex = Array.isArray(at);
      at = (at as Schema | undefined)?.[key];
      return isIndex ? Number(key) : key;
    });
}
