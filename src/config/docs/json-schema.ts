/** The config's schema for editors: draft-07, which yaml-language-server reads. */
import { z } from 'zod';
import { CaseFile } from '../cases/schema.ts';
import { configSchema, type SchemaParts } from '../schema/schema.ts';

/** JSON Schema, as far as we look at it. */
export interface JsonSchema {
  id?: string;
  type?: string;
  description?: string;
  default?: unknown;
  pattern?: string;
  enum?: readonly (string | number)[];
  const?: string | number | boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  format?: string;
  required?: readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  allOf?: readonly JsonSchema[];
  $ref?: string;
  definitions?: Readonly<Record<string, JsonSchema>>;
}

/** A placeholder is allowed wherever a value is. */
const PLACEHOLDER: JsonSchema = { type: 'string', pattern: '\\$\\{.+\\}' };

/** What a config may say, as editors check it before any placeholder is replaced. */
export const jsonSchema = (parts: SchemaParts): JsonSchema =>
  toJsonSchema(configSchema(parts), placeholders);

/** What a file of test cases may say, in the same way. */
export const casesJsonSchema = (): JsonSchema => toJsonSchema(CaseFile, placeholders);

function placeholders({ jsonSchema: schema, path }: Override): void {
  if (path.at(-1) !== 'propertyNames' && isNarrow(schema)) allowPlaceholder(schema);
}

/** What a config may say, as it is once placeholders are replaced. */
export const plainJsonSchema = (parts: SchemaParts): JsonSchema =>
  toJsonSchema(configSchema(parts), () => {});

interface Override {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: JsonSchema;
  readonly path: readonly (string | number)[];
}

function toJsonSchema(schema: z.ZodType, override: (context: Override) => void): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    // A plugin may check more than JSON Schema can say.
    unrepresentable: 'any',
    override: (context) => {
      const { zodSchema, jsonSchema: made } = context as Override;
      // zod leaves out what is said of a text that becomes something else.
      const fallback = z.globalRegistry.get(zodSchema)?.['default'];
      if (fallback !== undefined) made.default = fallback;
      // The name of a definition is its key; as a keyword, `id` is of another draft.
      delete made.id;
      // So are formats that zod has a pattern for.
      if (made.pattern !== undefined) delete made.format;
      override(context as Override);
    },
  }) as JsonSchema;
}

/** Would it refuse a placeholder? */
function isNarrow({ type, pattern, enum: words, const: word, minLength, format }: JsonSchema) {
  if (type === 'integer' || type === 'number' || type === 'boolean') return true;
  if (type !== 'string' || pattern?.includes('\\$\\{') === true) return false;
  const rules = [pattern, words, word, format, (minLength ?? 0) > 4 ? minLength : undefined];
  return rules.some((rule) => rule !== undefined);
}

/** Moves the rules of `schema` into one branch of a choice; the other is a placeholder. */
function allowPlaceholder(schema: JsonSchema): void {
  const { description: _description, default: _default, ...rules } = schema;
  for (const key of Object.keys(rules)) delete (schema as Record<string, unknown>)[key];
  schema.anyOf = [rules, PLACEHOLDER];
}
