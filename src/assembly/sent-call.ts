/**
 * What an upstream would get of a planned call: the fields that every call has, and what the policies of
 * plugins change. The policies are those that serve; those that do more than change are left out and named.
 */
import type { PlannedCall } from '../actions/plan.ts';
import { Body } from '../core/body.ts';
import type { Call, Policy, UpstreamRequest } from '../core/call.ts';
import { compose } from '../core/compose.ts';
import { CallRecord } from '../core/record.ts';
import { upstreamRequest } from '../core/upstream-request.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { destinationOf } from '../upstream/chain.ts';
import type { UpstreamLease } from '../upstream/lease.ts';
import type { SentCall } from './explain-trace.ts';
import { type HookSet, policySets } from './hook-sets.ts';
import { balancingKey } from './upstream-call.ts';

export interface SentCallOptions {
  readonly lease: UpstreamLease;
  /** Of the route. */
  readonly sets: readonly HookSet[];
}

/** @throws what a policy throws */
export async function sentCall(
  planned: PlannedCall,
  exchange: ClientExchange,
  { lease, sets }: SentCallOptions,
): Promise<SentCall> {
  const all = [...policySets(sets, 'outer'), ...policySets(sets, 'inner')];
  const policies = all.flatMap(({ hooks, guarded }): Policy[] =>
    hooks.isPure === true ? [guarded.policy(planned.upstream)] : [],
  );
  let sent: UpstreamRequest | undefined;
  const send: Call = async (request) => {
    sent = request;
    return { status: 204, headers: {}, body: Body.of(''), target: '' };
  };
  const { config } = lease;
  const call = compose([destinationOf(config, balancingKey(config.balance)), ...policies], send);
  const { upstream, method, path, query } = planned;
  const headers = { ...planned.headers };
  const asked = { upstream, method, path, query, headers, body: undefined };
  const record = new CallRecord('forward', '', upstream, 0);
  const response = await call(upstreamRequest(exchange, asked, exchange.signal, record));
  await response.body.dump();
  return {
    ...planned,
    ...(sent && { method: sent.method, path: sent.path, query: sent.query, headers: sent.headers }),
    key: sent?.key,
    unrun: all.flatMap(({ plugin, hooks }) => (hooks.isPure === true ? [] : plugin)),
  };
}
