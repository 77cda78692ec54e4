/**
 * Schemas of a document as JSON Schema 2020-12, with an allow-list of keywords: extensions, examples and comments
 * may hold what nobody wants to publish.
 *
 * OpenAPI 3.0 has a dialect of its own: `nullable`, truth values as exclusive bounds, no keyword beside `$ref`.
 */
import type { Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { type ApiSchema, schemaReference } from './model.ts';
import type { Placed, References } from './references.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Keywords with a value that is no schema. */
const PLAIN = words(
  `type format enum const required title description default deprecated readOnly writeOnly
minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern
minItems maxItems uniqueItems minContains maxContains minProperties maxProperties dependentRequired
contentEncoding contentMediaType`,
);
const ONE = words(
  `additionalProperties items contains propertyNames not if then else unevaluatedItems
unevaluatedProperties`,
);
const LISTS = words('allOf anyOf oneOf prefixItems');
const MAPS = words('properties patternProperties dependentSchemas');
/** They would change what references mean. */
const REFUSED = ['$id', '$anchor', '$dynamicRef', '$dynamicAnchor'];

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

/** Deeper than any schema; what reads it calls itself for each level. */
const MAX_DEPTH = 100;

const NAME = /^[A-Za-z0-9._-]+$/;

export class Schemas {
  readonly #references: References;
  readonly #isOld: boolean;
  /** By the place of what is referred to. */
  readonly #names = new Map<string, string>();
  readonly #named = new Map<string, ApiSchema>();

  constructor(references: References, isOld: boolean) {
    this.#references = references;
    this.#isOld = isOld;
  }

  /** All that schemas so far refer to, by name. */
  get named(): Readonly<Record<string, ApiSchema>> {
    return Object.fromEntries(this.#named);
  }

  /** @throws {OpenapiFault} for what is not a schema */
  read({ value, path }: Placed): ApiSchema {
    if (typeof value === 'boolean' && (!this.#isOld || path.at(-1) === 'additionalProperties')) {
      return value;
    }
    if (!isMap(value)) throw this.#references.fault(path, 'expected a schema, a map');
    if (path.length > MAX_DEPTH) throw this.#references.fault(path, 'is nested too deeply');
    const { $ref } = value;
    if ($ref === undefined) return this.#plain(value, path);
    const reference = { $ref: this.#referenceTo($ref, [...path, '$ref']) };
    return this.#isOld ? reference : { ...reference, ...this.#keywords(value, path) };
  }

  #referenceTo(written: unknown, from: Path): string {
    const target = this.#references.target(written, from);
    const place = JSON.stringify(target.path);
    const known = this.#names.get(place);
    if (known !== undefined) return schemaReference(known);
    const name = this.#nameOf(target.path);
    this.#names.set(place, name);
    // First the name: it may refer to itself.
    this.#named.set(name, true);
    this.#named.set(name, this.read(target));
    return schemaReference(name);
  }

  #nameOf(path: Path): string {
    const isNamed = path.length === 3 && path[0] === 'components' && path[1] === 'schemas';
    const own = String(path.at(-1));
    if (isNamed && NAME.test(own) && !this.#named.has(own)) return own;
    const steps = (isNamed ? [own] : path).map((step) =>
      String(step).replaceAll(/[^A-Za-z0-9-]+/g, '_'),
    );
    const base = steps.join('_').replaceAll(/_{2,}/g, '_') || 'schema';
    let name = base;
    for (let i = 2; this.#named.has(name); i++) name = `${base}_${i}`;
    return name;
  }

  #plain(schema: Tree, path: Path): ApiSchema {
    const read = this.#keywords(schema, path);
    return this.#isOld ? modern(read, schema['nullable'] === true) : read;
  }

  #keywords(schema: Tree, path: Path): Tree {
    const read: Tree = {};
    for (const [keyword, value] of Object.entries(schema)) {
      const at = [...path, keyword];
      if (REFUSED.includes(keyword)) {
        throw this.#references.fault(
          at,
          `"${keyword}" is not supported: name schemas in components`,
        );
      }
      if (PLAIN.has(keyword)) read[keyword] = this.#checked(keyword, value, at);
      else if (ONE.has(keyword)) read[keyword] = this.read({ value, path: at });
      else if (LISTS.has(keyword)) {
        if (!Array.isArray(value)) throw this.#references.fault(at, 'expected a list of schemas');
        read[keyword] = value.map((each: unknown, i) =>
          this.read({ value: each, path: [...at, i] }),
        );
      } else if (MAPS.has(keyword)) {
        if (!isMap(value)) throw this.#references.fault(at, 'expected a map of schemas');
        const members = Object.entries(value).map(
          ([name, each]) => [name, this.read({ value: each, path: [...at, name] })] as const,
        );
        read[keyword] = Object.fromEntries(members);
      } else if (keyword === 'discriminator' && isMap(value)) {
        read[keyword] = { propertyName: value['propertyName'] };
      }
    }
    return read;
  }

  #checked(keyword: string, value: unknown, at: Path): unknown {
    const types = keyword === 'type' ? [value].flat() : [];
    for (const type of types) {
      if (TYPES.includes(type as string)) continue;
      throw this.#references.fault(
        at,
        `${JSON.stringify(type)} is not a type: use ${TYPES.join(', ')}`,
      );
    }
    const isNames =
      Array.isArray(value) && value.every((each: unknown) => typeof each === 'string');
    if (keyword === 'required' && !isNames) {
      throw this.#references.fault(
        at,
        'expected a list of names: "required" of a schema names properties',
      );
    }
    return value;
  }
}

/** What OpenAPI 3.0 says otherwise. */
function modern(schema: Tree, isNullable: boolean): Tree {
  const read = { ...schema };
  for (const [bound, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (typeof read[exclusive] !== 'boolean') continue;
    if (read[exclusive]) {
      read[exclusive] = read[bound];
      delete read[bound];
    } else delete read[exclusive];
  }
  if (!isNullable) return read;
  if (read['type'] === undefined) return { anyOf: [read, { type: 'null' }] };
  return { ...read, type: [...[read['type']].flat(), 'null'] };
}
