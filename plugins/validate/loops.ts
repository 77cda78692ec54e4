/**
 * Finds schemas that refer back to themselves without going into the value: `{ $ref: '#' }`. Checking
 * them would never end (JSON Schema 2020-12, core §9.4.1, forbids them). A reference that goes
 * into the value, such as below `properties`, ends where the value does.
 */
import type { Schema } from './schema.ts';

/** Keywords whose schemas hold for the same value. */
const LISTS = ['allOf', 'anyOf', 'oneOf'];
const SINGLE = ['not', 'if', 'then', 'else'];
const MAPS = ['dependentSchemas', 'dependencies'];
/** What is below them is not a schema. */
const VALUES: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples']);

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The reference that closes a loop; `undefined` if there is none. */
export function loopIn(root: Schema): string | undefined {
  const finder = new LoopFinder(root);
  for (const schema of schemasBelow(root)) {
    const loop = finder.from(schema);
    if (loop !== undefined) return loop;
  }
  return undefined;
}

class LoopFinder {
  readonly #root: Schema;
  /** On the way from the first schema to the present one. */
  readonly #open = new Set<Schema>();
  readonly #done = new Set<Schema>();

  constructor(root: Schema) {
    this.#root = root;
  }

  from(schema: Schema, reference = '#'): string | undefined {
    if (this.#open.has(schema)) return reference;
    if (this.#done.has(schema)) return undefined;
    this.#open.add(schema);
    for (const [next, by] of sameValue(this.#root, schema)) {
      const loop = this.from(next, by ?? reference);
      if (loop !== undefined) return loop;
    }
    this.#open.delete(schema);
    this.#done.add(schema);
    return undefined;
  }
}

/** Schemas that the same value must meet, or may, and the reference that leads there. */
export function* sameValue(root: Schema, schema: Schema): Generator<[schema: Schema, by?: string]> {
  for (const keyword of ['$ref', '$dynamicRef']) {
    const reference = schema[keyword];
    if (typeof reference !== 'string') continue;
    const target = resolve(root, reference);
    if (target !== undefined) yield [target, reference];
  }
  const nested = [
    ...LISTS.flatMap((keyword) => schema[keyword]),
    ...SINGLE.map((keyword) => schema[keyword]),
    ...MAPS.flatMap((keyword) => Object.values(schema[keyword] ?? {})),
  ];
  for (const each of nested) if (isSchema(each)) yield [each];
}

/** References within the schema; what is elsewhere is refused when it is compiled. */
function resolve(root: Schema, reference: string): Schema | undefined {
  const own = typeof root['$id'] === 'string' ? root['$id'].replace(/#$/, '') : '';
  const [document, fragment = ''] = reference.split('#');
  if (document !== '' && document !== own) return undefined;
  if (fragment === '') return root;
  const found = fragment.startsWith('/')
    ? atPointer(root, decodeURIComponent(fragment))
    : [...schemasBelow(root)].find(
        ({ $anchor, $dynamicAnchor, $id }) =>
          $anchor === fragment || $dynamicAnchor === fragment || $id === `#${fragment}`,
      );
  return isSchema(found) ? found : undefined;
}

/** RFC 6901 §4. */
function atPointer(root: Schema, pointer: string): unknown {
  const names = pointer.slice(1).split('/');
  return names.reduce<unknown>(
    (at, name) =>
      typeof at === 'object' && at !== null
        ? (at as Schema)[name.replaceAll('~1', '/').replaceAll('~0', '~')]
        : undefined,
    root,
  );
}

/** This one and all in it. */
function* schemasBelow(value: unknown): Generator<Schema> {
  if (isSchema(value)) yield value;
  else if (!Array.isArray(value)) return;
  for (const [key, each] of Object.entries(value as object)) {
    if (Array.isArray(value) || !VALUES.has(key)) yield* schemasBelow(each);
  }
}
