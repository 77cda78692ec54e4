/**
 * docs/configuration.md: the schema for people, with one section per map.
 *
 * It is generated from the JSON Schema, so that editors and the page always agree.
 */
import { type JsonSchema, plainJsonSchema } from './json-schema.ts';
import { INTRODUCTION } from './reference-text.ts';
import type { SchemaParts } from '../schema/schema.ts';

/** The reference of a config that may use `parts`, as Markdown. */
export function reference(parts: SchemaParts): string {
  const root = plainJsonSchema(parts);
  const writer = new ReferenceWriter(root.definitions ?? {});
  writer.add('', [root]);
  return [INTRODUCTION, '', ...writer.sections].join('\n');
}

/** Maps within a value, with what to add to its path to get there. */
interface Inner {
  readonly suffix: string;
  readonly forms: JsonSchema[];
}

class ReferenceWriter {
  readonly sections: string[] = [];
  readonly #definitions: Readonly<Record<string, JsonSchema>>;
  /** Title of the section that has the same keys already. */
  readonly #known = new Map<string, string>();

  constructor(definitions: Readonly<Record<string, JsonSchema>>) {
    this.#definitions = definitions;
  }

  /** The section of the map at `path`, and those of the maps in it. */
  add(path: string, forms: readonly JsonSchema[]): void {
    const title = path === '' ? 'The file' : `\`${path}\``;
    for (const form of forms) this.#known.set(fingerprint(form), title);
    const below = forms.flatMap((form) => this.#below(path, form));
    const at = this.sections.push('') - 1;
    for (const { path: inner, forms: each } of below) {
      if (!this.#known.has(fingerprint(each[0]!))) this.add(inner, each);
    }
    const tables = forms.map((form) => this.#table(path, form)).join('\n\nor\n\n');
    const about = path === '' ? [] : [descriptionOf(forms[0]!) ?? '', ''];
    const level = /[.]/.test(path) ? '###' : '##';
    this.sections[at] = [`${level} ${title}`, '', ...about, tables, ''].join('\n');
  }

  /** The maps within a map; what routes and upstreams share is described there, not under `defaults`. */
  #below(path: string, { properties = {}, additionalProperties }: JsonSchema) {
    const members = Object.entries(properties).toSorted(
      ([a], [b]) => Number(a === 'defaults') - Number(b === 'defaults'),
    );
    const named =
      typeof additionalProperties === 'object' ? { '<name>': additionalProperties } : {};
    return [...members, ...Object.entries(named)].flatMap(([key, member]) =>
      innerMaps(member).map(({ suffix, forms }) => ({
        path: `${path === '' ? '' : `${path}.`}${key}${suffix}`,
        forms: forms.map((form) => withDescription(form, descriptionOf(member))),
      })),
    );
  }

  #table(path: string, { properties = {}, required = [], additionalProperties }: JsonSchema) {
    const rows = Object.entries(properties).map(([key, member]) => [
      `\`${key}\``,
      this.#type(member),
      required.includes(key) ? 'required' : defaultOf(member),
      descriptionOf(member) ?? '',
    ]);
    if (path !== '' && typeof additionalProperties === 'object') {
      const meaning = descriptionOf(additionalProperties) ?? '';
      rows.push(['any name', this.#type(additionalProperties), '', meaning]);
    }
    return [
      '| key | type | default | meaning |',
      '|---|---|---|---|',
      ...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
    ].join('\n');
  }

  #type(schema: JsonSchema): string {
    const { $ref, allOf, anyOf, const: word, enum: words, items, additionalProperties } = schema;
    const referred = $ref ?? allOf?.[0]?.$ref;
    if (referred !== undefined) return this.#named(referred.replace('#/definitions/', ''));
    if (anyOf !== undefined) {
      return [...new Set(anyOf.map((each) => this.#type(each)))].join(' or ');
    }
    if (word !== undefined) return `\`${word}\``;
    if (words !== undefined) return words.map((each) => `\`${each}\``).join(', ');
    if (items !== undefined) return `list of ${this.#type(items)}`;
    if (schema.properties !== undefined) {
      const title = this.#known.get(fingerprint(schema));
      return title === undefined ? 'empty map' : `[map](#${slugOf(title)})`;
    }
    if (typeof additionalProperties === 'object') {
      return `map of name → ${this.#type(additionalProperties)}`;
    }
    return scalarType(schema);
  }

  #named(name: string): string {
    const words: Readonly<Record<string, string>> = {
      Duration: '[duration](#units)',
      Instant: '[time](#units)',
      Date: '[day or time](#units)',
      Size: '[size](#units)',
      Percent: '[share](#units)',
      Source: '[source](#sources)',
    };
    const known = words[name];
    if (known !== undefined) return known;
    const { type } = this.#definitions[name] ?? {};
    return type === undefined ? 'any value' : type;
  }
}

/** Maps with keys of their own in `schema`: itself, its members, the branches of a choice. */
function innerMaps(schema: JsonSchema): Inner[] {
  const { anyOf, items, properties = {}, additionalProperties } = schema;
  if (Object.keys(properties).length > 0) return [{ suffix: '', forms: [schema] }];
  if (items !== undefined) return extend('[]', innerMaps(items));
  if (typeof additionalProperties === 'object') {
    return extend('.<name>', innerMaps(additionalProperties));
  }
  const inner: Inner[] = [];
  for (const { suffix, forms } of (anyOf ?? []).flatMap(innerMaps)) {
    const same = inner.find((each) => each.suffix === suffix);
    if (same === undefined) inner.push({ suffix, forms });
    else same.forms.push(...forms);
  }
  return inner;
}

const extend = (suffix: string, inner: readonly Inner[]): Inner[] =>
  inner.map((each) => ({ suffix: `${suffix}${each.suffix}`, forms: each.forms }));

/** Equal for maps with the same keys, wherever they are. */
const fingerprint = ({ properties, required }: JsonSchema): string =>
  JSON.stringify([properties, required]);

const withDescription = (form: JsonSchema, description: string | undefined): JsonSchema =>
  form.description === undefined && description !== undefined ? { ...form, description } : form;

/** Its own, or that of the first branch that has one. */
export function descriptionOf({ description, anyOf }: JsonSchema): string | undefined {
  return description ?? anyOf?.map(descriptionOf).find((each) => each !== undefined);
}

const isWord = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

function defaultOf({ default: fallback }: JsonSchema): string {
  if (fallback === undefined) return '';
  if (Array.isArray(fallback))
    return fallback.length === 0 ? 'none' : `\`[${fallback.join(', ')}]\``;
  return isWord(fallback) ? `\`${fallback}\`` : '';
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
  object: 'map',
  null: 'nothing',
};

function scalarType({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const kind = KINDS[type ?? ''] ?? 'any value';
  const least = bound(minimum);
  const most = bound(maximum);
  const range = [
    ...(least === undefined
      ? []
      : [most === undefined ? `at least ${least}` : `${least} to ${most}`]),
    ...(least === undefined && most !== undefined ? [`at most ${most}`] : []),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
  ];
  return [kind, ...range.toReversed()].join(', ');
}

/** Bounds of what JavaScript can count are not bounds of the option. */
const bound = (limit: number | undefined): number | undefined =>
  limit !== undefined && Number.isSafeInteger(limit) && Math.abs(limit) === Number.MAX_SAFE_INTEGER
    ? undefined
    : limit;

/** The anchor that GitHub gives a heading. */
export const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
