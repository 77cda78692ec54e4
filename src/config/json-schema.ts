/** The config's schema for editors: draft-07, which yaml-language-server reads. */
import { z } from 'zod';
import { configSchema, type PluginSchema } from './schema.ts';

/** `${PORT}` may stand where a number or a truth value is wanted. */
const PLACEHOLDER = { type: 'string', pattern: '^\\$\\{.+\\}$' };

export function jsonSchema(plugins: ReadonlyMap<string, PluginSchema>): object {
  return z.toJSONSchema(configSchema(plugins), {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema: schema }) => {
      const { type, description, default: fallback, ...rules } = schema;
      if (type !== 'integer' && type !== 'number' && type !== 'boolean') return;
      for (const key of Object.keys(schema)) delete (schema as Record<string, unknown>)[key];
      if (description !== undefined) schema.description = description;
      if (fallback !== undefined) schema.default = fallback;
      schema.anyOf = [{ type, ...rules }, PLACEHOLDER] as never;
    },
  });
}
