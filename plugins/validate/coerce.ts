/**
 * Converts the texts of a query, of path parameters or of a header to the types that their schema asks for.
 *
 * An integer is `-?(0|[1-9][0-9]*)`, any other number has JSON's grammar, and both are finite:
 * `0x10`, `1e3` for an integer, ` 5` or `Infinity` stay texts, which the schema then refuses.
 */
import { isSafe, parseRegex } from 'portico';
import { LostDigits, standIn } from './lost-digits.ts';
import { isSchema, sameValue } from './loops.ts';
import type { Checked, Texts } from './request.ts';
import type { Schema } from './schema.ts';

const INTEGER = /^-?(0|[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** What a value may be, by all schemas that hold for it. */
interface Kinds {
  readonly types: ReadonlySet<string>;
  /** Of its members, where it is a list. */
  readonly members: ReadonlySet<string>;
}

/** What one schema says of the properties of an object. */
interface Properties {
  readonly named: ReadonlyMap<string, Kinds>;
  readonly patterns: readonly (readonly [ReturnType<typeof parseRegex>, Kinds])[];
  /** Of those that have no other schema here. */
  readonly others: Kinds | undefined;
}

/** Which one is tried where a text may stay one, too. */
export type Reading = 'other' | 'text';

export interface Coercion {
  /** Is there more than one reading? */
  readonly isAmbiguous: boolean;
  /** Another object than `texts`, which stays as it is. `lost` gets the numbers that JavaScript cannot hold. */
  read(texts: Texts, reading: Reading, lost?: LostDigits): Checked;
}

/** @throws {Error} if it is not a pattern */
export function compileCoercion(root: Schema): Coercion {
  const objects = withAlternatives(root, root).map((schema) => propertiesOf(root, schema));
  const all = objects.flatMap(({ named, patterns, others }) => [
    ...named.values(),
    ...patterns.map(([, kinds]) => kinds),
    ...(others === undefined ? [] : [others]),
  ]);
  return {
    isAmbiguous: isAmbiguous(union(all.map(({ types }) => types)), all),
    read(texts, reading, lost) {
      const reader = new TextReader(reading, lost);
      return reader.read(texts, (name) => objects.flatMap((each) => kindsOf(each, name)));
    },
  };
}

const isAmbiguous = (types: ReadonlySet<string>, all: readonly Kinds[]): boolean =>
  (types.has('string') && types.size > 1) ||
  all.some(({ members }) => members.has('string') && members.size > 1);

class TextReader {
  readonly #reading: Reading;
  readonly #lost: LostDigits;

  constructor(reading: Reading, lost = new LostDigits()) {
    this.#reading = reading;
    this.#lost = lost;
  }

  read(texts: Texts, kindsOfName: (name: string) => readonly Kinds[]): Checked {
    // Without a prototype, so that no name is special.
    const value = Object.create(null) as Record<string, unknown>;
    for (const [name, written] of Object.entries(texts)) {
      const kinds = kindsOfName(name);
      const types = union(kinds.map((each) => each.types));
      const members = union(kinds.map((each) => each.members));
      const isList = Array.isArray(written) || (types.has('array') && !types.has('string'));
      value[name] = isList
        ? this.#list([written].flat(), members)
        : this.#one(written, types, value, name);
    }
    return { value, lost: this.#lost.isEmpty ? undefined : this.#lost };
  }

  #list(texts: readonly string[], types: ReadonlySet<string>): readonly unknown[] {
    const list: unknown[] = [];
    for (const [i, text] of texts.entries()) list.push(this.#one(text, types, list, String(i)));
    return list;
  }

  #one(text: string, types: ReadonlySet<string>, holder: object, key: string): unknown {
    if (types.has('string') && this.#reading === 'text') return text;
    if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
    if (types.has('null') && text === '') return null;
    const isNumber =
      (types.has('integer') && INTEGER.test(text)) || (types.has('number') && NUMBER.test(text));
    if (!isNumber || !Number.isFinite(Number(text))) return text;
    if (isSafe(text)) return Number(text);
    this.#lost.add(text, holder, key);
    return standIn(text);
  }
}

/** What the property `name` may be, by one schema of its object. */
function kindsOf({ named, patterns, others }: Properties, name: string): readonly Kinds[] {
  const found = patterns.filter(([regex]) => regex.find(name)).map(([, kinds]) => kinds);
  const own = named.get(name);
  if (own !== undefined) found.push(own);
  return found.length > 0 || others === undefined ? found : [others];
}

function propertiesOf(root: Schema, schema: Schema): Properties {
  const { properties, patternProperties, additionalProperties, unevaluatedProperties } = schema;
  const others = [additionalProperties, unevaluatedProperties].find(isSchema);
  return {
    named: new Map(entriesOf(properties).map(([name, each]) => [name, kindsIn(root, each)])),
    patterns: entriesOf(patternProperties).map(
      ([pattern, each]) => [parseRegex(pattern), kindsIn(root, each)] as const,
    ),
    others: others && kindsIn(root, others),
  };
}

const entriesOf = (value: unknown): [string, Schema][] =>
  isSchema(value)
    ? Object.entries(value).flatMap(([name, each]) => (isSchema(each) ? [[name, each]] : []))
    : [];

function kindsIn(root: Schema, schema: Schema): Kinds {
  const all = withAlternatives(root, schema);
  const members = all
    .flatMap(({ items, prefixItems, additionalItems, unevaluatedItems, contains }) => [
      items,
      prefixItems,
      additionalItems,
      unevaluatedItems,
      contains,
    ])
    .flat()
    .filter(isSchema);
  return {
    types: union(all.map(typesOf)),
    members: union(members.flatMap((each) => withAlternatives(root, each).map(typesOf))),
  };
}

/** The types of what `schema`, a part of `root`, holds for; without any, by what else it says. */
export function typesIn(root: Schema, schema: Schema): ReadonlySet<string> {
  const all = withAlternatives(root, schema);
  const types = union(all.map(typesOf));
  if (types.size > 0) return types;
  return new Set([
    ...(all.some(({ items, prefixItems }) => items !== undefined || prefixItems !== undefined)
      ? ['array']
      : []),
    ...(all.some(({ properties }) => properties !== undefined) ? ['object'] : []),
  ]);
}

/** Properties that `schema`, a part of `root`, names, and whether it has others of a kind. */
export function membersOf(
  root: Schema,
  schema: Schema,
): { readonly names: ReadonlySet<string>; readonly isOpen: boolean } {
  const all = withAlternatives(root, schema);
  return {
    names: new Set(all.flatMap(({ properties = {} }) => Object.keys(properties as object))),
    isOpen: all.some(
      ({ additionalProperties: others, patternProperties }) =>
        others === true || isSchema(others) || patternProperties !== undefined,
    ),
  };
}

/** One schema that takes texts takes this one. */
function typesOf({ type }: Schema): ReadonlySet<string> {
  const types = new Set([type ?? []].flat() as string[]);
  return types.has('string') ? new Set(['string']) : types;
}

/** `schema`, and all that hold for the same value or may do so. */
function withAlternatives(root: Schema, schema: Schema): readonly Schema[] {
  const found = new Set<Schema>();
  const add = (each: Schema): void => {
    if (found.has(each)) return;
    found.add(each);
    for (const [next] of sameValue(root, each)) add(next);
  };
  add(schema);
  return [...found];
}

const union = (sets: readonly ReadonlySet<string>[]): ReadonlySet<string> =>
  new Set(sets.flatMap((each) => [...each]));
