/** Whoever has a key, as the rest of the gateway sees them, wherever the key is known from. */
import type { Consumer } from 'portico';

export interface KeyOwner {
  readonly id: string;
  readonly plan?: string | undefined;
  readonly scopes: readonly string[];
}

export const consumerOf = ({ id, plan, scopes }: KeyOwner): Consumer => ({
  id,
  via: 'apiKey',
  scopes: new Set(scopes),
  claims: Object.freeze(plan === undefined ? {} : { plan }),
});
