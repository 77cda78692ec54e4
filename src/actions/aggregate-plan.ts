/** What an aggregate would ask of its upstreams. */
import type { ClientExchange } from '../edge/client-exchange.ts';
import { framesOf } from '../routes/graphql/operation.ts';
import { byHash } from '../routes/graphql/persisted.ts';
import { compilePartWhen } from '../routes/part-when.ts';
import { chosenBy } from './aggregate-fields.ts';
import { graphOf } from './aggregate-graph.ts';
import { asAnswer } from './aggregate-failure.ts';
import type { AggregateConfig } from './aggregate-schema.ts';
import { compileTarget, partFields, type PartTarget } from './aggregate-target.ts';
import { buildPartWhen } from './aggregate-when.ts';
import type { PlannedCall, Planner } from './plan.ts';

export function planAggregate(config: AggregateConfig): Planner {
  const { parts } = config;
  const graph = graphOf(parts);
  const targets = parts.map((part, i) => ({
    target: compileTarget(part, config),
    after: graph[i]!.needs.map((place) => parts[place]!.name),
    when: part.when && compilePartWhen(buildPartWhen(part.when)),
  }));
  const askable = parts.map((part, i) => ({ config: part, needs: graph[i]!.needs }));
  return (exchange) => {
    const chosen = config.fields ? chosenBy(exchange.query, askable) : undefined;
    const unmet = targets.map(({ when }) => when?.isMetBy(exchange) === false);
    const isUnknown = (at: number): boolean =>
      parts[at]!.when?.parts !== undefined || graph[at]!.uses.some(isUnknown);
    const isSkipped = (at: number): boolean => unmet[at]! || graph[at]!.uses.some(isSkipped);
    return {
      calls: targets.map(({ target, after }, i) => {
        if (chosen?.isCalled[i] === false)
          return { ...unsent(target, after), when: 'unasked' as const };
        if (isSkipped(i)) return { ...unsent(target, after), when: 'unmet' as const };
        const call = planPart(target, after, exchange);
        return isUnknown(i) ? { ...call, when: 'unknown' as const } : call;
      }),
    };
  };
}

/** A call whose values are in answers that nobody has asked for, or that is not made. */
function unsent({ config }: PartTarget, after: readonly string[]): PlannedCall {
  const { name, upstream, method, required, path, foreach, concurrency, max, fallback } = config;
  return {
    name,
    upstream,
    method,
    after,
    isRequired: required,
    path,
    query: '',
    headers: {},
    ...(fallback !== undefined && { otherwise: fallback.upstream }),
    ...(foreach !== undefined && { foreach: { of: foreach, concurrency, max } }),
  };
}

/** A persisted operation is asked for by its hash first. */
function graphqlPlanned(
  planned: PlannedCall,
  { config: { graphql } }: PartTarget,
  bytes: Buffer | undefined,
): PlannedCall {
  if (graphql?.persisted !== true || bytes === undefined) return planned;
  const { body: _body, ...asked } = byHash({ ...planned, body: bytes }, framesOf(graphql), graphql);
  return asked;
}

/** @throws GW_REQUEST_INVALID for a value of the client's that cannot stand in the path or query */
function planPart(
  target: PartTarget,
  after: readonly string[],
  exchange: ClientExchange,
): PlannedCall {
  const { config, path, query, fields } = target;
  const call = unsent(target, after);
  const headers = partFields(target, exchange);
  if (target.body !== undefined) headers['content-type'] = 'application/json';
  if (after.length > 0) {
    for (const field in config.headers) headers[field] = '';
    return { ...call, headers };
  }
  const input = { exchange, parts: {} };
  try {
    fields?.(input, headers);
    const planned = { ...call, path: path(input), query: query(input), headers };
    return graphqlPlanned(planned, target, target.body?.(input));
  } catch (error) {
    throw config.required ? asAnswer(config.name, error) : error;
  }
}
