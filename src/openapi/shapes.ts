/**
 * What becomes of a schema when a part of an aggregate is shaped: `unwrap`, `flatten`, `pick`, `omit`, `rename`,
 * `collection`, in this order, as `routes/shape/` does it with values.
 */
import type { ApiSchema, ApiSchemaObject } from '../config/openapi/model.ts';
import { EVERY_MEMBER, EVERY_NAME, type MemberStep, parseMemberPath } from '../core/member-path.ts';
import { fieldOf, type FieldTree, fieldTree } from '../routes/shape/field-tree.ts';
import type { ShapeConfig } from '../routes/shape/shape.ts';
import { anyOf } from './merge.ts';

/** The schema that a reference names. */
export type Resolve = (schema: ApiSchema) => ApiSchema;

/** The schema of what `shape` makes of a value of `schema`. */
export function shapedSchema(schema: ApiSchema, shape: ShapeConfig, resolve: Resolve): ApiSchema {
  const { unwrap, flatten, pick, omit, rename, collection } = shape;
  const open = new Opener(resolve);
  let now = schema;
  if (unwrap !== undefined) now = unwrapped(now, parseMemberPath(unwrap), open);
  if (flatten !== undefined) now = flattened(now, flatten, open);
  if (pick !== undefined) now = picked(now, treeOf(pick), open);
  if (omit !== undefined) now = omitted(now, treeOf(omit), open);
  if (rename !== undefined) {
    const leaves = Object.entries(rename).map(([from, to]) => [parseMemberPath(from), to] as const);
    now = renamed(now, fieldTree(leaves), open);
  }
  if (collection === undefined) return now;
  return { type: 'object', required: [collection], properties: { [collection]: now } };
}

const treeOf = (fields: readonly string[]): FieldTree<true> =>
  fieldTree<true>(fields.map((field) => [parseMemberPath(field), true]));

/** What can be known of the values of a schema. */
type Opened =
  | {
      readonly kind: 'object';
      readonly properties: ReadonlyMap<string, ApiSchema>;
      readonly required: ReadonlySet<string>;
      /** Of other members; `undefined`: nothing is known of them. */
      readonly others: ApiSchema | undefined;
    }
  | { readonly kind: 'list'; readonly items: ApiSchema }
  | { readonly kind: 'choice'; readonly schemas: readonly ApiSchema[] }
  | { readonly kind: 'plain'; readonly schema: ApiSchema }
  | { readonly kind: 'unknown' };

class Opener {
  readonly #resolve: Resolve;

  constructor(resolve: Resolve) {
    this.#resolve = resolve;
  }

  open(schema: ApiSchema): Opened {
    const found = this.#resolve(schema);
    if (typeof found === 'boolean' || found['$ref'] !== undefined) return { kind: 'unknown' };
    const { anyOf: any, oneOf, allOf } = found;
    const schemas = (any ?? oneOf) as readonly ApiSchema[] | undefined;
    if (schemas !== undefined) return { kind: 'choice', schemas };
    if (allOf !== undefined) return this.#all(found, allOf as readonly ApiSchema[]);
    return ofKeywords(found);
  }

  /** The members of all; what is not an object makes it unknown. */
  #all(own: ApiSchemaObject, schemas: readonly ApiSchema[]): Opened {
    const { allOf: _all, ...rest } = own;
    const opened = [
      ...schemas.map((each) => this.open(each)),
      ofKeywords({ type: 'object', ...rest }),
    ];
    const properties = new Map<string, ApiSchema>();
    const required = new Set<string>();
    for (const each of opened) {
      if (each.kind !== 'object') return { kind: 'unknown' };
      for (const [name, schema] of each.properties) {
        const known = properties.get(name);
        properties.set(name, known === undefined ? schema : { allOf: [known, schema] });
      }
      for (const name of each.required) required.add(name);
    }
    return { kind: 'object', properties, required, others: undefined };
  }
}

function ofKeywords(schema: ApiSchemaObject): Opened {
  const types = [schema['type'] ?? []].flat() as string[];
  if (types.length > 1) {
    return { kind: 'choice', schemas: types.map((type) => ({ ...schema, type })) };
  }
  const [type] = types;
  if (type === 'object' || (type === undefined && schema['properties'] !== undefined)) {
    return {
      kind: 'object',
      properties: new Map(Object.entries((schema['properties'] ?? {}) as Named)),
      required: new Set((schema['required'] ?? []) as string[]),
      others: schema['additionalProperties'] as ApiSchema | undefined,
    };
  }
  if (type === 'array') return { kind: 'list', items: (schema['items'] ?? {}) as ApiSchema };
  return type === undefined ? { kind: 'unknown' } : { kind: 'plain', schema };
}

type Named = Readonly<Record<string, ApiSchema>>;

const object = (
  properties: Iterable<readonly [string, ApiSchema]>,
  required: readonly string[],
  others?: ApiSchema,
): ApiSchema => ({
  type: 'object',
  ...(required.length > 0 && { required }),
  properties: Object.fromEntries(properties),
  ...(others !== undefined && { additionalProperties: others }),
});

const list = (items: ApiSchema): ApiSchema => ({ type: 'array', items });

function unwrapped(schema: ApiSchema, steps: readonly MemberStep[], open: Opener): ApiSchema {
  const isOnePlace = steps.every((step) => typeof step === 'string');
  const found = reached(schema, steps, open);
  return isOnePlace ? found : list(found);
}

/** What a path leads to. */
function reached(
  schema: ApiSchema,
  [step, ...rest]: readonly MemberStep[],
  open: Opener,
): ApiSchema {
  if (step === undefined) return schema;
  const opened = open.open(schema);
  if (opened.kind === 'choice') {
    const found = opened.schemas.filter((each) => !isNull(each));
    return anyOf(found.map((each) => reached(each, [step, ...rest], open)));
  }
  if (step === EVERY_MEMBER) {
    return opened.kind === 'list' ? reached(opened.items, rest, open) : {};
  }
  if (opened.kind !== 'object') return {};
  if (step === EVERY_NAME) {
    const all = [
      ...opened.properties.values(),
      ...(opened.others === undefined ? [] : [opened.others]),
    ];
    return all.length === 0 ? {} : anyOf(all.map((each) => reached(each, rest, open)));
  }
  const found = opened.properties.get(step) ?? opened.others;
  return found === undefined ? {} : reached(found, rest, open);
}

const isNull = (schema: ApiSchema): boolean =>
  typeof schema === 'object' && schema['type'] === 'null';

function flattened(
  schema: ApiSchema,
  lists: NonNullable<ShapeConfig['flatten']>,
  open: Opener,
): ApiSchema {
  const added = Object.entries(lists).map(([name, paths]) => {
    const items = [paths].flat().map((path) => reached(schema, parseMemberPath(path), open));
    return [name, list(anyOf(items))] as const;
  });
  return eachObject(schema, open, ({ properties, required, others }) =>
    object([...properties, ...added], [...required, ...added.map(([name]) => name)], others),
  );
}

type OpenedObject = Extract<Opened, { readonly kind: 'object' }>;

/** `schema` with `change` made of the objects that it is, or that are in its list. */
function eachObject(
  schema: ApiSchema,
  open: Opener,
  change: (opened: OpenedObject) => ApiSchema,
): ApiSchema {
  const opened = open.open(schema);
  const again = (each: ApiSchema): ApiSchema => eachObject(each, open, change);
  if (opened.kind === 'object') return change(opened);
  if (opened.kind === 'list') return list(again(opened.items));
  if (opened.kind === 'choice') return anyOf(opened.schemas.map(again));
  return opened.kind === 'plain' ? opened.schema : {};
}

function picked(schema: ApiSchema, tree: FieldTree<true>, open: Opener): ApiSchema {
  if (tree.end !== undefined) return schema;
  return eachObject(schema, open, ({ properties, required, others }) => {
    const kept: [string, ApiSchema][] = [];
    for (const [name, below] of tree.names) {
      const found = properties.get(name) ?? others ?? {};
      if (found !== false) kept.push([name, picked(found, below, open)]);
    }
    if (tree.every !== undefined) {
      for (const [name, found] of properties) {
        if (!tree.names.has(name)) kept.push([name, picked(found, tree.every, open)]);
      }
    }
    // A text where an object was expected is dropped: only whole fields are certain.
    const certain = kept.filter(
      ([name]) => required.has(name) && fieldOf(tree, name)?.end !== undefined,
    );
    return object(
      kept,
      certain.map(([name]) => name),
      tree.every && others,
    );
  });
}

function omitted(schema: ApiSchema, tree: FieldTree<true>, open: Opener): ApiSchema {
  return eachObject(schema, open, ({ properties, required, others }) => {
    const kept = [...properties].flatMap(([name, each]): [string, ApiSchema][] => {
      const below = fieldOf(tree, name);
      if (below === undefined) return [[name, each]];
      return below.end === undefined ? [[name, omitted(each, below, open)]] : [];
    });
    const names = new Set(kept.map(([name]) => name));
    return object(
      kept,
      [...required].filter((name) => names.has(name)),
      others,
    );
  });
}

function renamed(schema: ApiSchema, tree: FieldTree<string>, open: Opener): ApiSchema {
  return eachObject(schema, open, ({ properties, required, others }) => {
    const named = [...properties].map(([name, each]): [string, ApiSchema, boolean] => {
      const below = fieldOf(tree, name);
      const inner = below === undefined ? each : renamed(each, below, open);
      return [below?.end ?? name, inner, required.has(name)];
    });
    return object(
      named.map(([name, each]) => [name, each]),
      named.filter(([, , isRequired]) => isRequired).map(([name]) => name),
      others,
    );
  });
}
