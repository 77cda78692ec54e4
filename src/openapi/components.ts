/** Which schemas a document needs, each of them once. */
import { type ApiSchema, schemaReference } from '../config/openapi/model.ts';
import { mapReferences, nameIn, referencesIn } from './schema-walk.ts';

type Schemas = ReadonlyMap<string, ApiSchema>;

/** Those that `used` refer to, directly or by others. */
export function reachable(used: readonly ApiSchema[], all: Schemas): Map<string, ApiSchema> {
  const found = new Map<string, ApiSchema>();
  const visit = (schema: ApiSchema): void => {
    for (const name of referencesIn(schema)) {
      if (found.has(name)) continue;
      const next = all.get(name) ?? true;
      found.set(name, next);
      visit(next);
    }
  };
  for (const schema of used) visit(schema);
  return found;
}

/**
 * For each name, the first of those whose schemas say the same. Schemas that refer to each other in a circle may be the
 * same, too: so they are taken for equal until something tells them apart.
 */
export function representatives(schemas: Schemas): ReadonlyMap<string, string> {
  let classes = new Map([...schemas.keys()].map((name) => [name, '']));
  for (;;) {
    const seen = new Map<string, string>();
    const next = new Map<string, string>();
    for (const [name, schema] of schemas) {
      const own = mapReferences(schema, (reference) => classes.get(nameIn(reference)) ?? reference);
      // Classes are only ever divided.
      const text = `${classes.get(name)} ${canonical(own)}`;
      const first = seen.get(text) ?? name;
      seen.set(text, first);
      next.set(name, first);
    }
    const isStable = [...next].every(([name, first]) => classes.get(name) === first);
    if (isStable) return next;
    classes = next;
  }
}

/** `schema` with references to representatives alone. */
export const withRepresentatives = (
  schema: ApiSchema,
  names: ReadonlyMap<string, string>,
): ApiSchema =>
  mapReferences(schema, (reference) => {
    const name = nameIn(reference);
    return schemaReference(names.get(name) ?? name);
  });

/** The same text whatever the order of keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
