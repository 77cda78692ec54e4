/** Templates that can not be filled: unknown names, braces that do not close. */
import type { Finding, Path } from './fault.ts';
import { hint } from './suggest.ts';
import { parseTemplate, type Reference } from './template.ts';

/** The parts of the request a template may name, as `{query.q}`. */
export const REQUEST_ROOTS = ['query', 'header', 'claim'] as const;

/** Checks a template that may only use path parameters. */
export function* checkTemplate(
  text: string,
  path: Path,
  parameters: ReadonlySet<string>,
): Generator<Finding> {
  yield* checkReferences(text, path, (reference) =>
    reference.rest.length === 0 && parameters.has(reference.root)
      ? undefined
      : `no path parameter {${reference.text}}${hint(reference.text, [...parameters])}`,
  );
}

/** Checks every reference of a template by `fault`, which says what is wrong with one. */
export function* checkReferences(
  text: string,
  path: Path,
  fault: (reference: Reference) => string | undefined,
): Generator<Finding> {
  try {
    for (const reference of parseTemplate(text).references) {
      const message = fault(reference);
      if (message !== undefined) yield { path, message };
    }
  } catch (error) {
    yield { path, message: (error as Error).message };
  }
}
