/** Schemas for people: a tree of members, in which what is referred to is shown where it is used. */
import type { ApiSchema, ApiSchemaObject } from '../../config/openapi/model.ts';
import { nameIn } from '../schema-walk.ts';
import { type Html, markup, inline } from './html.ts';

/** Deeper ones are told by their names. */
const MAX_DEPTH = 6;

type Schemas = Readonly<Record<string, ApiSchema>>;

export class SchemaHtml {
  readonly #schemas: Schemas;

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  /** The whole schema. */
  tree(schema: ApiSchema): Html {
    return markup`<div class="schema">
      <span class="type">${this.type(schema)}</span>${facts(this.#opened(schema))}${this.#members(
        schema,
        [],
      )}
    </div>`;
  }

  /** What a value is, in a word or two. */
  type(schema: ApiSchema): string {
    if (typeof schema === 'boolean') return schema ? 'anything' : 'nothing';
    if (typeof schema['$ref'] === 'string') {
      return nameIn(schema['$ref']).replace(/^[^_]+_/, '');
    }
    const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly ApiSchema[] | undefined;
    if (choices !== undefined) {
      return [...new Set(choices.map((each) => this.type(each)))].join(' or ');
    }
    if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
    const types = [schema['type'] ?? []].flat() as string[];
    if (types.includes('array'))
      return `list of ${this.type((schema['items'] ?? {}) as ApiSchema)}`;
    if (types.length > 0) return types.join(' or ');
    return schema['properties'] === undefined && schema['allOf'] === undefined
      ? 'anything'
      : 'object';
  }

  /** Members of an object, or of those in a list. */
  #members(schema: ApiSchema, above: readonly ApiSchema[]): Html | undefined {
    const opened = this.#opened(schema);
    if (typeof opened === 'boolean' || above.includes(opened) || above.length > MAX_DEPTH) {
      return undefined;
    }
    const inner = [...above, opened];
    const nested = [
      ...((opened['anyOf'] ?? opened['oneOf'] ?? []) as readonly ApiSchema[]),
      ...((opened['allOf'] ?? []) as readonly ApiSchema[]),
      ...(opened['items'] === undefined ? [] : [opened['items'] as ApiSchema]),
    ].flatMap((each) => this.#members(each, inner) ?? []);
    const required = (opened['required'] ?? []) as readonly string[];
    const rows = Object.entries((opened['properties'] ?? {}) as Schemas).map(([name, each]) =>
      this.#member(name, each, required.includes(name), inner),
    );
    if (rows.length === 0) return nested.length === 0 ? undefined : markup`${nested}`;
    return markup`<ul class="members">
        ${rows}
      </ul>
      ${nested}`;
  }

  #member(name: string, schema: ApiSchema, isRequired: boolean, above: readonly ApiSchema[]): Html {
    const below = this.#members(schema, above);
    const head = markup`<code>${name}</code> <span class="type">${this.type(schema)}</span>${
      isRequired && markup`<span class="required">required</span>`
    }${facts(this.#opened(schema))}${textOf(schema, this.#opened(schema))}`;
    return below === undefined
      ? markup`<li>${head}</li>`
      : markup`<li>
          <details>
            <summary>${head}</summary>
            ${below}
          </details>
        </li>`;
  }

  #opened(schema: ApiSchema): ApiSchema {
    if (typeof schema === 'boolean' || typeof schema['$ref'] !== 'string') return schema;
    return this.#opened(this.#schemas[nameIn(schema['$ref'])] ?? true);
  }
}

const textOf = (schema: ApiSchema, opened: ApiSchema): Html | undefined => {
  const text = [schema, opened]
    .map((each) => (typeof each === 'object' ? each['description'] : undefined))
    .find((each) => typeof each === 'string');
  return text === undefined ? undefined : markup` <span class="about">${inline(text)}</span>`;
};

const BOUNDS: readonly (readonly [string, string])[] = [
  ['format', ''],
  ['minimum', '≥ '],
  ['maximum', '≤ '],
  ['exclusiveMinimum', '> '],
  ['exclusiveMaximum', '< '],
  ['multipleOf', 'in steps of '],
  ['minLength', 'min. length '],
  ['maxLength', 'max. length '],
  ['minItems', 'min. items '],
  ['maxItems', 'max. items '],
  ['pattern', ''],
  ['default', 'default '],
];

/** Its bounds, and what it may be. */
export function facts(schema: ApiSchema): Html | undefined {
  if (typeof schema === 'boolean') return undefined;
  const all = [...choices(schema), ...bounds(schema)];
  return all.length === 0 ? undefined : markup` <span class="facts">${all.join(', ')}</span>`;
}

const choices = ({ enum: values }: ApiSchemaObject): string[] =>
  Array.isArray(values) && values.length <= 12
    ? [values.map((each) => JSON.stringify(each)).join(' | ')]
    : [];

const bounds = (schema: ApiSchemaObject): string[] =>
  BOUNDS.flatMap(([keyword, words]) => {
    const value = schema[keyword];
    if (value === undefined) return [];
    return [`${words}${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
