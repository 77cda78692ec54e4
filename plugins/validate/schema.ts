/**
 * Compiles JSON Schema: draft 2020-12, or 7 if `$schema` says so.
 *
 * A schema is checked strictly, so that a typo in it is a config fault. Validation takes time in
 * proportion to the value, whatever the client sends.
 */
import type { Ajv, ErrorObject, Options as AjvOptions, ValidateFunction } from 'ajv';
import type { FormatName } from 'ajv-formats';
import { parseRegex } from 'portico';
import { ajv as ajvPackage, ajv2020, ajvFormats } from './ajv.ts';
import { compileCoercion } from './coerce.ts';
import { loopIn } from './loops.ts';
import { pathOf, type SchemaFault, unknownKeywords } from './places.ts';
import { computeExactly } from './exact-keywords.ts';
import { isInt64Like, type LostDigits, NONE_LOST } from './lost-digits.ts';
import type { Checked, Texts } from './request.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** One thing wrong with a value. */
export interface Invalid {
  /** RFC 6901. */
  readonly pointer: string;
  readonly detail: string;
}

/** What is wrong with `value`; empty where nothing is. `lost`: numbers of it that are not what they say. */
export type Validator = (value: unknown, lost?: LostDigits) => readonly Invalid[];

/** Larger bodies get only their first fault: finding all of them costs more than refusing. */
const ALL_ERRORS_BYTES = 16_384;
const MAX_ERRORS = 20;
/** It may contain a key that the client chose. */
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

const draftOf = (schema: Schema): new (options: AjvOptions) => Ajv =>
  isDraft7(schema) ? ajvPackage().Ajv : ajv2020().Ajv2020;

/**
 * Compiles `schema`; `isText` for values that came as text, such as those of a query, which are taken
 * for what the schema says they are.
 *
 * @throws {Error} that says what is wrong with it
 */
export function compileSchema(schema: Schema, isText: boolean): Validator {
  if ('$async' in schema) throw new Error('"$async" is not supported');
  const first = compile(schema, { allErrors: false });
  const loop = loopIn(schema);
  if (loop !== undefined) {
    throw new Error(`"${loop}" refers to itself, so no value could ever be checked`);
  }
  const all = compile(schema, { allErrors: true });
  if (isText) return textValidator(schema, all);
  return (value, lost) => {
    const faults = faultsOf(first, { value, lost });
    if (faults.length === 0 || !isSmall(value)) return faults;
    return faultsOf(all, { value, lost });
  };
}

/** A text is read as what it may be besides; where that does not do, as the text that it is. */
function textValidator(schema: Schema, validate: ValidateFunction): Validator {
  const coercion = compileCoercion(schema);
  return (value) => {
    // The readers of queries, parameters and headers give nothing else.
    const texts = value as Texts;
    const faults = faultsOf(validate, coercion.read(texts, 'other'));
    if (faults.length === 0 || !coercion.isAmbiguous) return faults;
    return faultsOf(validate, coercion.read(texts, 'text')).length === 0 ? [] : faults;
  };
}

/** What is wrong with `schema` itself, each at its place in it; the first thing at each. */
export function schemaFaults(schema: Schema): SchemaFault[] {
  const ajv = new (draftOf(schema))({ allErrors: true, strict: false });
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
      message: `is not a JSON Schema: ${told(error!)}`,
    }));
}

const told = ({ keyword, params, message }: ErrorObject): string =>
  keyword === 'enum' ? `must be one of ${params['allowedValues'].join(', ')}` : `${message}`;

const compile = (schema: Schema, options: AjvOptions): ValidateFunction =>
  compiler(schema, options).compile(schema);

/** One for each schema: two routes may say the same $id. */
export function compiler(schema: Schema, options: AjvOptions): Ajv {
  const ajv = new (draftOf(schema))({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    validateFormats: true,
    // `required` must not be met by what every object inherits.
    ownProperties: true,
    // The sources of the numbers of a value: a LostDigits.
    passContext: true,
    ...options,
    code: { regExp: linearRegex },
  });
  ajvFormats().default(ajv, { formats: FORMATS });
  ajv.addFormat('int64', { type: 'number', validate: isInt64Like });
  computeExactly(ajv);
  // Followed, but not known as a keyword.
  ajv.addKeyword('$anchor');
  return ajv;
}

/** Patterns run in linear time: RE2 has none that take longer, and refuses what would need it. */
function linearRegex(pattern: string): { test(text: string): boolean; toString(): string } {
  const regex = parsePattern(pattern);
  // The compiler compares patterns by their text.
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

export const isSmall = (value: unknown): boolean =>
  JSON.stringify(value).length <= ALL_ERRORS_BYTES;

export function faultsOf(
  validate: ValidateFunction,
  { value, lost = NONE_LOST }: Checked,
): readonly Invalid[] {
  const isValid = validate.call(lost, value);
  // Whatever came of it: `not` would take the one for the other.
  const computed = lost.takeFaults();
  if (computed.length > 0) return computed.slice(0, MAX_ERRORS);
  return isValid ? [] : (validate.errors ?? []).slice(0, MAX_ERRORS).map(invalid);
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
