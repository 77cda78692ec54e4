/**
 * Where the templates of a part stand, and the parts that they refer to: the edges of an aggregate's graph.
 *
 * Read from a part as it was written and as it was parsed, so that what is checked is what runs.
 */
import type { Path } from '../config/fault.ts';
import { parseTemplate, type Reference } from '../config/schema/template.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { askedParts } from './aggregate-when.ts';

export interface PlacedTemplate {
  readonly at: Path;
  readonly text: string;
  /** Takes values that are no text: `{order}` is all of a part here, and a path parameter elsewhere. */
  readonly isJson: boolean;
}

/** Every template of a part, with where it stands. */
export function* templatesOf(part: Tree): Generator<PlacedTemplate> {
  const { path, query, headers, body, graphql, foreach } = part;
  if (typeof foreach === 'string') yield { at: ['foreach'], text: foreach, isJson: true };
  if (typeof path === 'string') yield { at: ['path'], text: path, isJson: false };
  yield* valuesOf(query, 'query');
  yield* valuesOf(headers, 'headers');
  yield* textsIn(body, ['body']);
  if (isMap(graphql)) yield* textsIn(graphql['variables'], ['graphql', 'variables']);
}

function* valuesOf(values: unknown, key: string): Generator<PlacedTemplate> {
  if (!isMap(values)) return;
  for (const [name, text] of Object.entries(values)) {
    if (typeof text === 'string') yield { at: [key, name], text, isJson: false };
  }
}

/** The texts of a JSON value; its keys are no templates. */
function* textsIn(value: unknown, at: Path): Generator<PlacedTemplate> {
  if (typeof value === 'string') yield { at, text: value, isJson: true };
  else if (Array.isArray(value)) {
    for (const [i, member] of value.entries()) yield* textsIn(member, [...at, i]);
  } else if (isMap(value)) {
    for (const [name, member] of Object.entries(value)) yield* textsIn(member, [...at, name]);
  }
}

/** The part that `reference` names; `undefined` if it is a value of the request. */
export const partOf = (
  { root, rest }: Reference,
  names: ReadonlySet<string>,
  isJson: boolean,
): string | undefined => (names.has(root) && (isJson || rest.length > 0) ? root : undefined);

/**
 * The parts whose values `part` is filled with: without them, it cannot be called.
 *
 * @throws {RangeError} for a text that is no template
 */
export function usedBy(part: object, names: ReadonlySet<string>): Set<string> {
  const used = new Set<string>();
  // A cast, because a parsed part has the keys of a written one.
  for (const { text, isJson } of templatesOf(part as Tree)) {
    for (const reference of parseTemplate(text).references) {
      const name = partOf(reference, names, isJson);
      if (name !== undefined) used.add(name);
    }
  }
  return used;
}

/** The same, and those that its condition asks about: all that must be over before it is called. */
export function dependenciesOf(part: object, names: ReadonlySet<string>): Set<string> {
  const needed = usedBy(part, names);
  for (const { part: asked } of askedParts((part as Tree)['when'])) {
    if (names.has(asked)) needed.add(asked);
  }
  return needed;
}
