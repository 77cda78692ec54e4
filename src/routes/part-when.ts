/**
 * When a part of an aggregate is called: what the request must be, and what the parts before it have answered.
 */
import type { ConditionMatchers } from '../config/build/config.ts';
import { parseRegex } from '../config/schema/regex.ts';
import { decimalOf, numberText } from '../core/json-number.ts';
import { follow, scalarText } from '../core/value-path.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { compileTest } from './conditions.ts';
import { compileWhen } from './when.ts';
import type { WhenConfig } from './when-config.ts';

export type JsonScalar = string | number | boolean;

/** What a value of JSON must be. */
export type JsonMatcher =
  | { readonly kind: 'equals'; readonly value: JsonScalar }
  | { readonly kind: 'regex'; readonly pattern: string }
  | { readonly kind: 'present' }
  | { readonly kind: 'in'; readonly values: readonly JsonScalar[] }
  | { readonly kind: 'not'; readonly matcher: JsonMatcher };

export interface PartWhenConfig {
  /** Absent: it asks nothing of the request besides `params`. */
  readonly request?: WhenConfig;
  readonly params: ConditionMatchers;
  readonly parts: readonly PartCondition[];
}

export interface PartCondition {
  readonly part: string;
  readonly path: readonly string[];
  readonly matcher: JsonMatcher;
}

export interface PartWhen {
  /** @throws GW_REQUEST_INVALID where that depends on which of several values counts */
  readonly isMetBy: (exchange: ClientExchange) => boolean;
  /** The values of the parts that have come; those that were not called have none. Absent: no part is asked about. */
  readonly isMetByParts: ((parts: Readonly<Record<string, unknown>>) => boolean) | undefined;
}

export function compilePartWhen({ request, params, parts }: PartWhenConfig): PartWhen {
  const ofRequest = request && compileWhen(request, 'parts');
  const ofParams = params.map(([name, matcher]) => [name, compileTest(matcher)] as const);
  const ofParts = parts.map(({ part, path, matcher }) => ({
    part,
    path,
    test: compileJsonTest(matcher),
  }));
  return {
    isMetBy: (exchange) =>
      ofParams.every(([name, test]) => test(exchange.params[name])) &&
      // There is a reply by now: the route has been matched.
      ofRequest?.(exchange.reply!.request) !== false,
    isMetByParts:
      ofParts.length === 0
        ? undefined
        : (values) => ofParts.every(({ part, path, test }) => test(follow(values[part], path))),
  };
}

type JsonTest = (value: unknown) => boolean;

/** `null` counts as nothing. */
function compileJsonTest(matcher: JsonMatcher): JsonTest {
  switch (matcher.kind) {
    case 'equals':
      return equals(matcher.value);
    case 'present':
      return (value) => value !== undefined && value !== null;
    case 'regex': {
      const regex = parseRegex(matcher.pattern);
      return (value) => {
        const text = scalarText(value);
        return text !== undefined && regex.test(text);
      };
    }
    case 'in': {
      const tests = matcher.values.map(equals);
      return (value) => tests.some((test) => test(value));
    }
    case 'not': {
      const test = compileJsonTest(matcher.matcher);
      return (value) => !test(value);
    }
  }
}

/** A text equals whatever is written like it; numbers are compared by value, with all digits. */
function equals(wanted: JsonScalar): JsonTest {
  if (typeof wanted === 'string') return (value) => scalarText(value) === wanted;
  if (typeof wanted === 'boolean') return (value) => value === wanted;
  const number = decimalOf(String(wanted));
  return (value) => {
    const text = numberText(value);
    return text !== undefined && decimalOf(text) === number;
  };
}
