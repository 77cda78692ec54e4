/**
 * JSON Schemas of plugins, as a document may have them: what they define is a schema of the document, and only known keywords
 * get in.
 */
import type { ApiSchema } from '../config/openapi/model.ts';
import { References } from '../config/openapi/references.ts';
import { Schemas } from '../config/openapi/schemas.ts';

/** Of something that cannot be told. */
const ANYTHING: ApiSchema = {};

/**
 * @param name of what it defines, without what documents cannot call a schema
 * @param add takes the schemas that the result refers to
 */
export function publishedSchema(
  schema: ApiSchema,
  name: string,
  add: (name: string, schema: ApiSchema) => void,
): ApiSchema {
  if (typeof schema === 'boolean') return schema;
  const root = name.replaceAll(/[^\w-]/g, '_');
  const fault = (_path: unknown, message: string): Error => new Error(message);
  const value = { [root]: below(schema, `#/${root}`) };
  // Its messages are for nobody.
  const schemas = new Schemas(new References({ value, fault: fault as never }), false);
  try {
    const read = schemas.read({ value: value[root], path: [root] });
    for (const [own, each] of Object.entries(schemas.named)) add(own, each);
    return read;
  } catch {
    // It names schemas in ways that documents do not have: it still checks, but is not told.
    return ANYTHING;
  }
}

/** With references that begin at `root` instead of the schema itself. */
function below(value: unknown, root: string): unknown {
  if (Array.isArray(value)) return value.map((each) => below(each, root));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === '$ref' && typeof each === 'string' ? each.replace(/^#/, root) : below(each, root),
    ]),
  );
}
