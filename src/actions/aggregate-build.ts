/** From a part as it was parsed to the one that runs. */
import type { RoutePlace } from '../config/actions.ts';
import { buildGraphql, GRAPHQL_PATH } from './aggregate-graphql.ts';
import type { PartConfig, WrittenPart } from './aggregate-schema.ts';

export function buildPart(name: string, written: WrittenPart, place: RoutePlace): PartConfig {
  const { path = GRAPHQL_PATH } = written;
  const graphql = buildGraphql(written.graphql, name, place);
  return graphql === undefined
    ? { ...written, name, path, graphql }
    : { ...written, name, path, graphql, method: 'POST' };
}
