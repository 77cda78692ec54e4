/** Calls several upstreams in parallel and answers with one JSON object. */
import { isMap } from '../config/yaml/tree.ts';
import { aggregatedOperations } from '../openapi/aggregated.ts';
import { defineAction } from './action.ts';
import { checkAggregate } from './aggregate-check.ts';
import { askingLoosenings } from './aggregate-loosenings.ts';
import { planAggregate } from './aggregate-plan.ts';
import { buildPart } from './aggregate-build.ts';
import { checkGraphqlParts } from './aggregate-graphql.ts';
import { aggregateLoosenings, aggregateRisks } from './aggregate-risks.ts';
import { loosenedGraphql } from './aggregate-graphql-risks.ts';
import { aggregating } from './aggregate-run.ts';
import { Aggregate, type AggregateConfig, Aggregation } from './aggregate-schema.ts';

export const aggregate = defineAction({
  key: 'aggregate',
  kind: 'aggregate',
  schema: Aggregate,
  beside: { aggregation: Aggregation },
  callsUpstreams: true,
  readsBody: true,
  *check({ route, at, matches, files, checkUpstream, unidentifying }) {
    const { aggregate: parts } = route;
    if (!isMap(parts)) return;
    yield* checkAggregate(parts, [...at, 'aggregate'], matches, checkUpstream, unidentifying);
    yield* checkGraphqlParts(parts, [...at, 'aggregate'], files);
  },
  build(parts, { aggregation }, _route, place): AggregateConfig {
    const common = aggregation ?? {
      minimum: 1,
      forwardHeaders: ['accept-language'],
      forwardQuery: [],
      fields: false,
      stream: false,
    };
    return {
      kind: 'aggregate',
      parts: Object.entries(parts).map(([name, part]) => buildPart(name, part, place)),
      ...common,
    };
  },
  upstreams: ({ parts }) =>
    parts.flatMap(({ upstream, fallback }) =>
      fallback === undefined ? [upstream] : [upstream, fallback.upstream],
    ),
  risks: aggregateRisks,
  *loosened(before, now) {
    yield* aggregateLoosenings(before, now);
    yield* loosenedGraphql(before, now);
    yield* askingLoosenings(before, now);
  },
  document: aggregatedOperations,
  create: aggregating,
  plan: planAggregate,
});
