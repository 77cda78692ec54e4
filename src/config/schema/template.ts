/**
 * Texts with `{name}` in them: paths and queries of parts, rewrites, redirects.
 *
 * This only parses them; the meaning and encoding of a name are up to the caller.
 */

import { parseValuePath, PATH_PATTERN } from '../../core/value-path.ts';

export interface Reference {
  /** As written between the braces. */
  readonly text: string;
  /** Up to the first dot. */
  readonly root: string;
  /** After it. */
  readonly rest: readonly string[];
}

export interface Template {
  readonly text: string;
  /** One more than there are references. */
  readonly literals: readonly string[];
  readonly references: readonly Reference[];
}

const REFERENCE = /\{([^{}]*)\}/g;
const NAME = new RegExp(`^([A-Za-z_][A-Za-z0-9_]*)(?:\\.(${PATH_PATTERN}))?$`);

/**
 * Reads a template.
 *
 * @throws {RangeError} for braces without a name in them, or without a partner
 */
export function parseTemplate(text: string): Template {
  const literals: string[] = [];
  const references: Reference[] = [];
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const name = match[1]!;
    const [, root, rest] = NAME.exec(name) ?? [];
    if (root === undefined) {
      throw new RangeError(`"{${name}}" is not a name such as {id} or {a.b}`);
    }
    literals.push(text.slice(end, match.index));
    references.push({ text: name, root, rest: rest === undefined ? [] : parseValuePath(rest) });
    end = match.index + match[0].length;
  }
  literals.push(text.slice(end));
  if (literals.some((literal) => /[{}]/.test(literal))) {
    throw new RangeError(`"${text}" has an unmatched brace`);
  }
  return { text, literals, references };
}

/** The template with every reference replaced by what `value` gives for it. */
export function renderTemplate(
  template: Template,
  value: (reference: Reference) => string,
): string {
  let out = template.literals[0]!;
  for (let i = 0; i < template.references.length; i++) {
    out += value(template.references[i]!) + template.literals[i + 1]!;
  }
  return out;
}
