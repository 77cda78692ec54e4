/** Variables of a GraphQL part that its operation does not have, needs, or cannot take. */
import { hint } from '../config/check/suggest.ts';
import type { Finding, Path } from '../config/fault.ts';
import type { GraphqlOperation, GraphqlVariable } from '../config/graphql/document.ts';
import type { Tree } from '../config/yaml/tree.ts';

/** @param at of `graphql` itself, for variables that are missing */
export function* checkVariables(
  { name, variables }: GraphqlOperation,
  written: Tree,
  path: Path,
  at: Path,
): Generator<Finding> {
  const known = variables.map((each) => each.name);
  const which = name === undefined ? 'the operation' : `the operation ${name}`;
  for (const key of Object.keys(written)) {
    if (known.includes(key)) continue;
    const message = `${which} has no variable "${key}"${hint(key, known)}`;
    yield { path: [...path, key], at: 'key', message };
  }
  const missing = variables.filter((each) => each.isRequired && written[each.name] === undefined);
  for (const { name: variable, type } of missing) {
    const message = `${which} needs the variable "${variable}" of type ${type}`;
    yield { path: at, at: 'key', message };
  }
  for (const variable of variables) {
    const value = written[variable.name];
    const fault = value === undefined ? undefined : constantFault(variable, value);
    if (fault !== undefined) yield { path: [...path, variable.name], message: fault };
  }
}

/** What no server would take, as far as that is known without its schema. */
function constantFault(
  { named, isList, isRequired, type }: GraphqlVariable,
  value: unknown,
): string | undefined {
  if (value === null) return isRequired ? `must not be null: it is of type ${type}` : undefined;
  const takes = isList ? undefined : TAKES[named];
  if (takes === undefined || takes(value)) return undefined;
  return `is not of type ${type}`;
}

/** A text may be a template, whose value is read when it is there. */
const isTemplate = (value: unknown): boolean => typeof value === 'string' && value.includes('{');

const TAKES: Readonly<Record<string, (value: unknown) => boolean>> = {
  Int: (value) => isTemplate(value) || (Number.isInteger(Number(value)) && isScalar(value)),
  Float: (value) => isTemplate(value) || (Number.isFinite(Number(value)) && isScalar(value)),
  Boolean: (value) => isTemplate(value) || typeof value === 'boolean',
  String: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string' || Number.isInteger(value),
};

const isScalar = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
