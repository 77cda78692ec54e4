/** What becomes of a part, once parts that it needs are over. */
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { Outcome } from './aggregate-merge.ts';
import type { Part, Values } from './aggregate-part.ts';

export type Next =
  /** Some are not over. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'begin'; readonly values: Values }
  /** It is not wanted, or what it uses was not called. */
  | { readonly kind: 'skip' }
  /** What it uses has failed, or what it asks about: then nobody knows whether it is wanted. */
  | { readonly kind: 'miss'; readonly error: unknown; readonly isUnsure: boolean };

/**
 * Decides it; `outcomes` are those of `parts`, `undefined` for those that run.
 *
 * Whichever part is over first, the same follows: nothing is decided before all are over.
 *
 * @throws GW_REQUEST_INVALID as its condition does
 */
export function nextOf(
  { needs, uses, asks, when }: Part,
  parts: readonly Part[],
  outcomes: readonly (Outcome | undefined)[],
  exchange: ClientExchange,
): Next {
  const values: Record<string, unknown> = {};
  for (const needed of needs) {
    const outcome = outcomes[needed];
    if (outcome === undefined) return WAIT;
    if (outcome.kind === 'value') values[parts[needed]!.config.name] = outcome.value.exact;
  }
  const failureIn = (places: readonly number[], isUnsure: boolean): Next | undefined => {
    for (const place of places) {
      const outcome = outcomes[place];
      if (outcome?.kind === 'missing') return { kind: 'miss', error: outcome.error, isUnsure };
    }
    return undefined;
  };
  if (uses.some((used) => outcomes[used]?.kind === 'skipped')) return SKIP;
  if (when !== undefined) {
    const unknown = failureIn(asks, true);
    if (unknown !== undefined) return unknown;
    if (!when.isMetBy(exchange) || when.isMetByParts?.(values) === false) return SKIP;
  }
  return failureIn(uses, false) ?? { kind: 'begin', values };
}

const WAIT: Next = { kind: 'wait' };
const SKIP: Next = { kind: 'skip' };
