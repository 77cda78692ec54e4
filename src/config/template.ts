/**
 * Texts with `{name}` in them: paths and queries of parts, rewrites, redirects.
 *
 * Here they are only read; what a name stands for, and how it is encoded, is the reader's matter.
 */

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
const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_-]+)*$/;

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
    if (!NAME.test(name)) throw new RangeError(`"{${name}}" is not a name such as {id} or {a.b}`);
    literals.push(text.slice(end, match.index));
    const [root, ...rest] = name.split('.');
    references.push({ text: name, root: root!, rest });
    end = match.index + match[0].length;
  }
  literals.push(text.slice(end));
  if (literals.some((literal) => /[{}]/.test(literal))) {
    throw new RangeError(`"${text}" has a brace without a partner`);
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
