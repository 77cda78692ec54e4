/**
 * What ajv says of a body, as differences from the document: where, what the document says, and what came. Types are told,
 * never values; a member that no schema names, such as the key of a map, is `*`.
 */
import type { ErrorObject } from 'ajv';
import type { ApiSchema } from '../../../config/openapi/model.ts';

export interface Difference {
  /** JSON pointer (RFC 6901); empty for the whole body, and for what is not in the body. */
  readonly at: string;
  /** As the ends of "the document says …" and "… came". */
  readonly says: string;
  readonly came: string;
  /** The same for what differs in the same way, whichever element of a list it is in. */
  readonly kind: string;
}

/** As much of a text of the document, or of a name, is told. */
const MOST_TEXT = 80;

/** One for each place and kind. */
export function differencesOf(
  errors: readonly ErrorObject[],
  body: unknown,
  names: ReadonlySet<string>,
): Difference[] {
  const unions = errors.filter(({ keyword }) => UNIONS.has(keyword));
  const told = errors.filter((error) => !isOfBranch(error, unions) && !isWriteOnly(error));
  const found = told.map((error) => differenceOf(error, body, names));
  const kinds = new Map<string, Difference>();
  for (const each of found) if (!kinds.has(each.kind)) kinds.set(each.kind, each);
  return [...kinds.values()];
}

const UNIONS: ReadonlySet<string> = new Set(['anyOf', 'oneOf']);

/** Each branch says why it does not fit, and then the whole says that none does. */
function isOfBranch(error: ErrorObject, unions: readonly ErrorObject[]): boolean {
  const { instancePath: at } = error;
  return unions.some(
    (union) =>
      union !== error &&
      (at.startsWith(`${union.instancePath}/`) ||
        (at === union.instancePath && !UNIONS.has(error.keyword))),
  );
}

/** Required of requests alone. */
function isWriteOnly({ keyword, params, parentSchema }: ErrorObject): boolean {
  if (keyword !== 'required') return false;
  const { properties = {} } = (parentSchema ?? {}) as {
    readonly properties?: Readonly<Record<string, ApiSchema>>;
  };
  const property = properties[params['missingProperty'] as string];
  return typeof property === 'object' && property['writeOnly'] === true;
}

function differenceOf(error: ErrorObject, body: unknown, names: ReadonlySet<string>): Difference {
  const { keyword, instancePath, params } = error;
  const steps = instancePath.split('/').slice(1);
  const member = (params['missingProperty'] ??
    params['additionalProperty'] ??
    params['unevaluatedProperty']) as string | undefined;
  if (member !== undefined) steps.push(escapedStep(cut(member)));
  const { at, place } = placeOf(steps, body, member === undefined ? names : undefined, names);
  return { at, ...sentences(error), kind: `${keyword} ${place}` };
}

/** The pointer that is told, and the place without its positions in lists. */
function placeOf(
  steps: readonly string[],
  body: unknown,
  lastOf: ReadonlySet<string> | undefined,
  names: ReadonlySet<string>,
): { readonly at: string; readonly place: string } {
  let value = body;
  let at = '';
  let place = '';
  steps.forEach((step, i) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const isTold = names.has(name) || (i === steps.length - 1 && lastOf === undefined);
    const isPosition = Array.isArray(value);
    at += `/${isPosition || isTold ? step : '*'}`;
    place += `/${isTold && !isPosition ? step : '*'}`;
    value = memberOf(value, name);
  });
  return { at, place };
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

const escapedStep = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

function sentences(error: ErrorObject): Pick<Difference, 'says' | 'came'> {
  const { keyword, params, schema, message = '', data } = error;
  const came = typeName(data);
  switch (keyword) {
    case 'type':
      return { says: [params['type']].flat().join(' or '), came };
    case 'required':
      return { says: 'it is required', came: 'nothing' };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return { says: 'there is no such member', came: 'one' };
    case 'enum':
      return { says: `one of ${cut(JSON.stringify(schema))}`, came: `another value (${came})` };
    case 'const':
      return { says: cut(JSON.stringify(schema)), came: `another value (${came})` };
    case 'format':
      return { says: `a string of the format ${cut(String(schema))}`, came: 'another string' };
    case 'pattern':
      return { says: `a string like ${cut(String(schema))}`, came: 'another string' };
    case 'anyOf':
    case 'oneOf':
      return { says: branches(keyword, schema), came };
    case 'false schema':
      return { says: 'there is none', came };
    default:
      return { says: `it ${cut(message)}`, came: `another value (${came})` };
  }
}

function branches(keyword: string, schema: unknown): string {
  const names = (Array.isArray(schema) ? (schema as readonly unknown[]) : []).map(branchName);
  return cut(`${keyword === 'oneOf' ? 'exactly one' : 'one'} of ${names.join(', ')}`);
}

function branchName(branch: unknown): string {
  const { $ref, type } = (branch ?? {}) as {
    readonly $ref?: string;
    readonly type?: string | readonly string[];
  };
  return (
    $ref?.split('/').at(-1) ?? (type === undefined ? 'another schema' : [type].flat().join('|'))
  );
}

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const cut = (text: string): string =>
  text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
