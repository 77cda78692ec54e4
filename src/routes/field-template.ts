/**
 * The value of a header field, filled from a client's request: `{claim.sub}`, `order={id}`.
 *
 * A value stays what it is. Alone it is sent as it came, or percent-encoded if it has characters that a field cannot hold. Within other
 * text everything but letters, digits and `-._~` is percent-encoded, so that it cannot end what it is part of.
 */
import { encodeQueryValue } from '../core/canonical-path.ts';
import type { UpstreamRequest } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import {
  parseTemplate,
  type Reference,
  renderTemplate,
  type Template,
} from '../config/schema/template.ts';
import { type ClientExchange, clientOf } from '../edge/client-exchange.ts';
import { requestValue } from './request-value.ts';

/** Reads the field for a call; `undefined`: a value is missing, so there is no field. */
export type FieldTemplate = (request: UpstreamRequest) => string | undefined;

const ABSENT: unique symbol = Symbol('absent');

/**
 * Compiles the template of a header field.
 *
 * @returns a function that throws GW_REQUEST_INVALID for a value with control characters, or of more than 1 KiB
 * @throws {RangeError} for braces without a name in them, or without a partner
 */
export function fieldTemplate(text: string): FieldTemplate {
  const template = parseTemplate(text);
  const [only] = template.references;
  const isWhole = only !== undefined && text === `{${only.text}}`;
  return filled(template, isWhole ? wholeField : encodeQueryValue);
}

/**
 * The same for a text that is a value of JSON, which whoever writes it escapes: what is filled in stays as it came.
 *
 * @throws {RangeError} for braces without a name in them, or without a partner
 */
export const textTemplate = (text: string): FieldTemplate =>
  filled(parseTemplate(text), (value) => value);

function filled(template: Template, encode: (value: string) => string): FieldTemplate {
  return ({ context }) => {
    const exchange = clientOf(context);
    try {
      return renderTemplate(template, (reference) => {
        const value = valueOf(reference, exchange);
        if (value === undefined) throw ABSENT;
        return encoded(reference, value, encode);
      });
    } catch (error) {
      if (error === ABSENT) return undefined;
      throw error;
    }
  };
}

function valueOf(reference: Reference, exchange: ClientExchange): string | undefined {
  const { root, rest } = reference;
  if (rest.length === 0) return requestValue(reference, exchange);
  if (root === 'client') return exchange.address;
  if (root === 'consumer') return exchange.consumer?.id;
  if (root === 'request') return exchange.version;
  return requestValue(reference, exchange);
}

function encoded({ text }: Reference, value: string, encode: (value: string) => string): string {
  try {
    return encode(value);
  } catch (error) {
    const detail = `{${text}} is ${(error as Error).message}`;
    throw new GatewayError('GW_REQUEST_INVALID', detail, { cause: error });
  }
}

/** Printable ASCII, without spaces at its ends, which a field does not have (RFC 9110 §5.5). */
const PLAIN = /^(?! )[\x20-\x7e]{0,1024}(?<! )$/;

/**
 * A value that is all of a field.
 *
 * @throws {RangeError} as {@link encodeQueryValue} does
 */
export const wholeField = (value: string): string =>
  PLAIN.test(value) ? value : encodeQueryValue(value);
