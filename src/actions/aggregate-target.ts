/** The request of a part of an aggregate, compiled: what serving sends and what explaining tells. */
import type { MutableHeaders } from '../core/headers.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { addForwarded } from '../routes/forwarded-fields.ts';
import { compileOperation, GRAPHQL_ACCEPT } from '../routes/graphql/operation.ts';
import { ASKED_FOR } from '../routes/part.ts';
import { compileBody, type RenderBody } from '../routes/part-body.ts';
import { compileFields, type RenderFields } from '../routes/part-fields.ts';
import { ACCEPTED } from '../routes/part-types.ts';
import { FIELDS } from '../routes/shape/selection.ts';
import { compilePath, compileQuery, type Render } from '../routes/part-template.ts';
import type { AggregateConfig, PartConfig } from './aggregate-schema.ts';

export interface PartTarget {
  readonly config: PartConfig;
  readonly path: Render;
  readonly query: Render;
  /** The client's fields that are passed on. */
  readonly forwarded: readonly string[];
  /** Fields of its own; absent if it has none. */
  readonly fields: RenderFields | undefined;
  /** A body of its own; absent: if it writes, the client's body is passed on. */
  readonly body: RenderBody | undefined;
}

/** What parts pass on unless they say otherwise. */
export type Forwarding = Pick<AggregateConfig, 'forwardHeaders' | 'forwardQuery' | 'fields'>;

export function compileTarget(config: PartConfig, common: Forwarding): PartTarget {
  const { headers } = config;
  return {
    config,
    path: compilePath(config.path),
    query: compileQuery(
      config.query,
      config.forwardQuery ?? common.forwardQuery,
      common.fields ? [FIELDS] : [],
    ),
    forwarded: config.forwardHeaders ?? common.forwardHeaders,
    fields: headers === undefined ? undefined : compileFields(headers),
    body: ownBody(config),
  };
}

function ownBody({ body, graphql }: PartConfig): RenderBody | undefined {
  if (graphql !== undefined) return compileOperation(graphql);
  return body === undefined ? undefined : compileBody(body);
}

/** The fields that a part passes on, and those that all parts have. */
export function partFields(
  { forwarded, config: { type, graphql } }: Pick<PartTarget, 'forwarded' | 'config'>,
  { headers }: Pick<ClientExchange, 'headers'>,
): MutableHeaders {
  const sent: MutableHeaders = { ...ASKED_FOR };
  if (type !== 'json') sent['accept'] = ACCEPTED[type];
  if (graphql !== undefined) sent['accept'] = GRAPHQL_ACCEPT;
  addForwarded(sent, headers, forwarded);
  return sent;
}
