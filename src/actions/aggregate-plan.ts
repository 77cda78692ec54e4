/** What an aggregate would ask of its upstreams. */
import type { ClientExchange } from '../edge/client-exchange.ts';
import { dependenciesOf } from './aggregate-references.ts';
import { asAnswer } from './aggregate-parts.ts';
import type { AggregateConfig } from './aggregate-schema.ts';
import { compileTarget, partFields, type PartTarget } from './aggregate-target.ts';
import type { PlannedCall, Planner } from './plan.ts';

export function planAggregate(config: AggregateConfig): Planner {
  const { parts } = config;
  const names = new Set(parts.map(({ name }) => name));
  const targets = parts.map((part) => ({
    target: compileTarget(part, config),
    after: [...dependenciesOf(part, names)],
  }));
  return (exchange) => ({
    calls: targets.map(({ target, after }) => planPart(target, after, exchange)),
  });
}

/** @throws GW_REQUEST_INVALID for a value of the client's that cannot stand in the path or query */
function planPart(
  target: PartTarget,
  after: readonly string[],
  exchange: ClientExchange,
): PlannedCall {
  const { name, upstream, method, required, path: written } = target.config;
  const call = { name, upstream, method, after, isRequired: required };
  const headers = partFields(target, exchange);
  if (target.body !== undefined) headers['content-type'] = 'application/json';
  // Its values are in answers that nobody has asked for.
  if (after.length > 0) {
    for (const field in target.config.headers) headers[field] = '';
    return { ...call, path: written, query: '', headers };
  }
  const input = { exchange, parts: {} };
  try {
    target.fields?.(input, headers);
    return { ...call, path: target.path(input), query: target.query(input), headers };
  } catch (error) {
    throw required ? asAnswer(name, error) : error;
  }
}
