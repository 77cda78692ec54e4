/**
 * Fills the variables of an operation. A value alone keeps its JSON type; a text of the client's becomes a number or a
 * truth value where the operation declares one, because paths, queries and headers have nothing but texts.
 *
 * A value that is not there is left out where the operation allows that.
 */
import type { GraphqlOperation, GraphqlVariable } from '../../config/graphql/document.ts';
import { parseTemplate, type Reference } from '../../config/schema/template.ts';
import { claimValue } from '../../core/claims.ts';
import { GatewayError } from '../../core/errors.ts';
import { compileValue } from '../part-body.ts';
import { mayBeOfPart, type TemplateInput, unusable, valueOf } from '../part-value.ts';

/** @throws GW_REQUEST_INVALID for a bad value of the client's, GW_UPSTREAM_INVALID for one of a part's */
export type RenderVariables = (input: TemplateInput) => Buffer;

/** The value for one request; `undefined`: left out. */
type Fill = (input: TemplateInput) => unknown;

export function compileVariables({
  operation,
  variables,
}: {
  readonly operation: GraphqlOperation;
  readonly variables: Readonly<Record<string, unknown>>;
}): RenderVariables {
  const fills = Object.entries(variables).flatMap(([name, value]) => {
    // The config was checked: the operation has it.
    const declared = operation.variables.find((each) => each.name === name);
    return declared === undefined ? [] : [[name, fillOf(declared, value)] as const];
  });
  return (input) => {
    const values = fills.map(([name, fill]) => [name, fill(input)] as const);
    return Buffer.from(JSON.stringify(Object.fromEntries(values)));
  };
}

function fillOf(variable: GraphqlVariable, written: unknown): Fill {
  const fill = only(variable, written) ?? compileValue(written) ?? (() => written);
  const read = READERS[variable.named];
  if (read === undefined) return fill;
  const isOurs = !isFromPart(written);
  return (input) => typed(fill(input), variable, read, isOurs);
}

/** A reference that is the whole value. */
function only({ isRequired }: GraphqlVariable, written: unknown): Fill | undefined {
  if (typeof written !== 'string') return undefined;
  const [reference] = parseTemplate(written).references;
  if (reference === undefined || written !== `{${reference.text}}`) return undefined;
  return (input) => {
    const value = wholeValue(reference, input);
    if (!isRequired || (value !== undefined && value !== null)) return value;
    throw unusable(reference, input, value, new RangeError('absent'));
  };
}

function wholeValue(reference: Reference, input: TemplateInput): unknown {
  const { root, rest } = reference;
  if (rest.length === 0 && Object.hasOwn(input.parts, root)) return input.parts[root];
  return root === 'claim'
    ? claimValue(input.exchange.consumer?.claims, rest)
    : valueOf(reference, input);
}

/** Does some of it come from another part? */
function isFromPart(written: unknown): boolean {
  if (typeof written === 'string') {
    return parseTemplate(written).references.some(
      (reference) => reference.rest.length > 0 && mayBeOfPart(reference),
    );
  }
  if (typeof written !== 'object' || written === null) return false;
  return Object.values(written).some(isFromPart);
}

/** From a text to what is written in JSON; `undefined`: it is none. */
type Reader = (text: string) => unknown;

const INT = /^-?(?:0|[1-9]\d*)$/;
const FLOAT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** Of the types that no text is; GraphQL §3.5.1: an Int has 32 bits. */
const READERS: Readonly<Record<string, Reader>> = {
  Int: (text) => (INT.test(text) && (Number(text) | 0) === Number(text) ? Number(text) : undefined),
  Float: (text) =>
    FLOAT.test(text) && Number.isFinite(Number(text)) ? JSON.rawJSON(text) : undefined,
  Boolean: (text) => TRUTHS.get(text),
};

function typed(
  value: unknown,
  variable: GraphqlVariable,
  read: Reader,
  isClients: boolean,
): unknown {
  if (Array.isArray(value)) {
    return value.map((each: unknown) => typed(each, variable, read, isClients));
  }
  if (typeof value !== 'string') return value;
  const found = read(value);
  if (found !== undefined) return found;
  const code = isClients ? 'GW_REQUEST_INVALID' : 'GW_UPSTREAM_INVALID';
  throw new GatewayError(code, `the variable ${variable.name} must be of type ${variable.type}`);
}
