/**
 * JSON Schema, compiled: draft 2020-12, or 7 where `$schema` says so.
 *
 * A schema is checked strictly, so that a typo in it is a fault of the config; what it does to a
 * client's value takes time in proportion to that value, whatever the client sends.
 */
import { Ajv, type ErrorObject, type Options as AjvOptions, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats, { type FormatName } from 'ajv-formats';
import { parseRegex } from 'portico';
import { loopIn } from './loops.ts';
import { pathOf, type SchemaFault, unknownKeywords } from './places.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** One thing wrong with a value. */
export interface Invalid {
  /** RFC 6901. */
  readonly pointer: string;
  readonly detail: string;
}

/** What is wrong with `value`; empty where nothing is. */
export type Validator = (value: unknown) => readonly Invalid[];

/** Only the first fault of larger bodies is told: to find all of them costs more than to refuse. */
const ALL_ERRORS_BYTES = 16_384;
const MAX_ERRORS = 20;
/** A client's own key may stand in it. */
const MAX_POINTER = 200;

const FORMATS: FormatName[] = [
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'uri-reference',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'byte',
  'int32',
  'int64',
  'float',
  'double',
];

const isDraft7 = ({ $schema }: Schema): boolean =>
  typeof $schema === 'string' && $schema.includes('draft-07');

/**
 * Compiles `schema`; `isText` for values that came as text, such as those of a query, which are taken
 * for what the schema says they are.
 *
 * @throws {Error} that says what is wrong with it
 */
export function compileSchema(schema: Schema, isText: boolean): Validator {
  if ('$async' in schema) throw new Error('"$async" is not for values of clients');
  const first = compile(schema, { allErrors: false, coerceTypes: isText ? 'array' : false });
  const loop = loopIn(schema);
  if (loop !== undefined) {
    throw new Error(`"${loop}" leads back to itself, so that no value could ever be checked`);
  }
  if (isText) {
    const all = compile(schema, { allErrors: true, coerceTypes: 'array' });
    return (value) => faultsOf(all, value);
  }
  const all = compile(schema, { allErrors: true });
  return (value) => {
    const faults = faultsOf(first, value);
    if (faults.length === 0 || !isSmall(value)) return faults;
    return faultsOf(all, value);
  };
}

/** What is wrong with `schema` itself, each at its place in it; the first thing at each. */
export function schemaFaults(schema: Schema): SchemaFault[] {
  const ajv = new (isDraft7(schema) ? Ajv : Ajv2020)({ allErrors: true, strict: false });
  const faults = ajv.validateSchema(schema) === true ? [] : metaFaults(schema, ajv.errors ?? []);
  const keywords = new Set(Object.keys(compiler(schema, {}).RULES.keywords));
  return [...faults, ...unknownKeywords(schema, keywords)];
}

/** What the meta-schema says; a fault below another one says it better. */
function metaFaults(schema: Schema, errors: readonly ErrorObject[]): SchemaFault[] {
  const places = Map.groupBy(errors, ({ instancePath }) => instancePath);
  return [...places]
    .filter(([place]) => !places.keys().some((other) => other.startsWith(`${place}/`)))
    .map(([pointer, [error]]) => ({
      path: pathOf(schema, pointer),
      message: `is no JSON Schema: ${told(error!)}`,
    }));
}

const told = ({ keyword, params, message }: ErrorObject): string =>
  keyword === 'enum' ? `must be one of ${params['allowedValues'].join(', ')}` : `${message}`;

const compile = (schema: Schema, options: AjvOptions): ValidateFunction =>
  compiler(schema, options).compile(schema);

/** One for each schema: two routes may say the same $id. */
function compiler(schema: Schema, options: AjvOptions): Ajv {
  const ajv = new (isDraft7(schema) ? Ajv : Ajv2020)({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    validateFormats: true,
    // `required` must not be met by what every object inherits.
    ownProperties: true,
    ...options,
    code: { regExp: linearRegex },
  });
  ajvFormats.default(ajv, { formats: FORMATS });
  // Followed, but not known as a keyword.
  ajv.addKeyword('$anchor');
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    validate: isUnique,
    error: { message: 'must not have the same item twice' },
  });
  return ajv;
}

/** Patterns run in linear time: RE2 has none that take longer, and refuses what would need it. */
function linearRegex(pattern: string): { test(text: string): boolean; toString(): string } {
  const regex = parsePattern(pattern);
  // It is told from others by its text.
  return { test: (text) => regex.find(text), toString: () => `/${pattern}/` };
}
linearRegex.code = 'portico.linearRegex';

function parsePattern(pattern: string): ReturnType<typeof parseRegex> {
  try {
    return parseRegex(pattern);
  } catch (error) {
    throw new Error(`pattern "${pattern}" ${(error as Error).message}`, { cause: error });
  }
}

/** The package compares each item with each other. */
function isUnique(wanted: boolean, items: readonly unknown[]): boolean {
  return !wanted || new Set(items.map(canonical)).size === items.length;
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(
      Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ) as unknown;
  });
}

const isSmall = (value: unknown): boolean => JSON.stringify(value).length <= ALL_ERRORS_BYTES;

function faultsOf(validate: ValidateFunction, value: unknown): readonly Invalid[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, MAX_ERRORS).map(invalid);
}

function invalid({ instancePath, params, message = 'is not valid' }: ErrorObject): Invalid {
  const { missingProperty, additionalProperty, unevaluatedProperty } = params as Readonly<
    Record<string, unknown>
  >;
  const extra = additionalProperty ?? unevaluatedProperty;
  if (typeof missingProperty === 'string') {
    return { pointer: below(instancePath, missingProperty), detail: 'is required' };
  }
  if (typeof extra === 'string') {
    return { pointer: below(instancePath, extra), detail: 'is not allowed' };
  }
  return { pointer: instancePath.slice(0, MAX_POINTER), detail: message };
}

/** RFC 6901 §3. */
const below = (path: string, key: string): string =>
  `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, MAX_POINTER);
