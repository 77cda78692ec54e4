/** The consumer of an API key as the rest of the gateway sees it, wherever the key comes from. */
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
