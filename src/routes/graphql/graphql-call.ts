/** The way of a GraphQL part to its upstream. */
import type { Clock } from '../../core/clock.ts';
import { promising } from '../../core/compose.ts';
import type { UpstreamCall } from '../../upstream/lease.ts';
import type { Route } from '../route.ts';
import type { GraphqlConfig } from './operation.ts';
import { persistedSender } from './persisted.ts';
import { readingAnswers } from './reading.ts';

/** @param maxBytes the longest answer */
export function graphqlCall(
  { callOf }: Pick<Route, 'callOf'>,
  upstream: string,
  config: GraphqlConfig,
  { maxBytes, clock }: { readonly maxBytes: number; readonly clock: Clock },
): UpstreamCall {
  const call = callOf(upstream, {
    reading: readingAnswers(config, maxBytes),
    // A query changes nothing, though it is POST.
    isRepeatable: config.operation.kind === 'query',
  });
  if (!config.persisted) return call;
  const sender = persistedSender(call.sender, config, clock);
  return { ...call, sender, call: promising(sender) };
}
