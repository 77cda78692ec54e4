/**
 * What a template's `{name}` stands for in a part: a value of the request, or of a part that has come.
 */
import { REQUEST_ROOTS } from '../config/check/template.ts';
import type { Reference } from '../config/schema/template.ts';
import { GatewayError } from '../core/errors.ts';
import { follow, scalarText } from '../core/value-path.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { PartReasonError } from './part.ts';
import { requestValue } from './request-value.ts';

export interface TemplateInput {
  readonly exchange: ClientExchange;
  /** Values of the parts that have arrived. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** The element that a part with `foreach` is called for, and its place. */
  readonly element?: { readonly item: unknown; readonly index: number } | undefined;
}

/** What templates of a part with `foreach` have besides. */
export const ELEMENT_ROOTS = ['item', 'index'] as const;

/** Does its value come from an upstream, or may it? `{item}` does in a part with `foreach` only. */
export const mayBeOfPart = ({ root, rest }: Reference): boolean =>
  rest.length > 0 ? !REQUEST_ROOTS.includes(root as never) : ELEMENT_ROOTS.includes(root as never);

export const isOfPart = (reference: Reference, { element }: TemplateInput): boolean =>
  mayBeOfPart(reference) && (reference.rest.length > 0 || element !== undefined);

/** `undefined` if there is none. */
export function valueOf(reference: Reference, input: TemplateInput): unknown {
  const { root, rest } = reference;
  const { exchange, parts, element } = input;
  if (element !== undefined && root === 'item') return follow(element.item, rest);
  if (element !== undefined && root === 'index' && rest.length === 0) return element.index;
  return isOfPart(reference, input) ? follow(parts[root], rest) : requestValue(reference, exchange);
}

/**
 * The value as text, made safe by `encode`.
 *
 * @throws GW_REQUEST_INVALID for a bad value of the client's, GW_UPSTREAM_INVALID for one of a part's
 */
export function encodedValue(
  reference: Reference,
  input: TemplateInput,
  encode: (value: string) => string,
): string {
  const value = valueOf(reference, input);
  try {
    return encode(asText(value));
  } catch (error) {
    throw unusable(reference, input, value, error as Error);
  }
}

/** The error for a value that is not there, or that cannot stand where it is wanted. */
export function unusable(
  reference: Reference,
  input: TemplateInput,
  value: unknown,
  error: Error,
): GatewayError {
  const detail = `{${reference.text}} is ${error.message}`;
  if (!isOfPart(reference, input))
    return new GatewayError('GW_REQUEST_INVALID', detail, { cause: error });
  return isMissing(value)
    ? new PartReasonError('no-value', detail)
    : new GatewayError('GW_UPSTREAM_INVALID', detail, { cause: error });
}

/** Many services write `null` for what they do not have. */
const isMissing = (value: unknown): boolean => value === undefined || value === null;

export function asText(value: unknown): string {
  const text = scalarText(value);
  if (text !== undefined) return text;
  throw new RangeError(isMissing(value) ? 'absent' : 'not a text, number or boolean');
}
