/**
 * The JSON that a part sends, filled from the request and from other parts.
 *
 * A text that is one reference alone becomes the value itself: a number keeps its digits, a list stays a list. Any other
 * text takes what is a text, number or boolean. Keys are no templates.
 */
import { claimValue } from '../core/claims.ts';
import { isContainer } from '../core/value-path.ts';
import { parseTemplate, type Reference, renderTemplate } from '../config/schema/template.ts';
import {
  asText,
  encodedValue,
  isOfPart,
  type TemplateInput,
  unusable,
  valueOf,
} from './part-value.ts';

/** @throws GW_REQUEST_INVALID for a bad value of the client's, GW_UPSTREAM_INVALID for one of a part's */
export type RenderBody = (input: TemplateInput) => Buffer;

/** The value for one request; `undefined`: left out. */
type Fill = (input: TemplateInput) => unknown;

/** `body` is JSON, whose texts are templates. */
export function compileBody(body: unknown): RenderBody {
  const fill = compileValue(body);
  if (fill === undefined) {
    const bytes = Buffer.from(JSON.stringify(body));
    return () => bytes;
  }
  return (input) => Buffer.from(JSON.stringify(fill(input) ?? null));
}

/** `undefined` if there is nothing to fill in. */
export function compileValue(value: unknown): Fill | undefined {
  if (typeof value === 'string') return compileText(value);
  if (!isContainer(value)) return undefined;
  const members = Object.entries(value).map(
    ([name, member]) => [name, compileValue(member) ?? (() => member)] as const,
  );
  if (Object.values(value).every((member) => compileValue(member) === undefined)) return undefined;
  if (Array.isArray(value)) {
    return (input) => members.map(([, fill]) => fill(input)).filter(isThere);
  }
  // Own properties, whatever their names.
  return (input) => Object.fromEntries(members.map(([name, fill]) => [name, fill(input)]));
}

const isThere = (value: unknown): boolean => value !== undefined;

function compileText(text: string): Fill | undefined {
  const template = parseTemplate(text);
  const [only] = template.references;
  if (only === undefined) return undefined;
  if (text === `{${only.text}}`) return (input) => wholeValue(only, input);
  return (input) =>
    renderTemplate(template, (reference) => encodedValue(reference, input, (value) => value));
}

/** A parameter that the client did not send is left out; any other value must be there. */
function wholeValue(reference: Reference, input: TemplateInput): unknown {
  const { root, rest } = reference;
  const { exchange, parts } = input;
  if (rest.length === 0 && Object.hasOwn(parts, root)) return parts[root];
  const value =
    root === 'claim' ? claimValue(exchange.consumer?.claims, rest) : valueOf(reference, input);
  if (value !== undefined || (root === 'query' && !isOfPart(reference, input))) return value;
  try {
    return asText(value);
  } catch (error) {
    throw unusable(reference, input, value, error as Error);
  }
}
