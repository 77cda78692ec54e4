/** The request of a part of an aggregate, compiled: what serving sends and what explaining tells. */
import type { MutableHeaders } from '../core/headers.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { addForwarded } from '../routes/forwarded-fields.ts';
import { ASKED_FOR } from '../routes/part.ts';
import { compilePath, compileQuery, type Render } from '../routes/part-template.ts';
import type { PartConfig } from './aggregate-schema.ts';

export interface PartTarget {
  readonly config: PartConfig;
  readonly path: Render;
  readonly query: Render;
  /** The client's fields that are passed on. */
  readonly fields: readonly string[];
}

/** `forwardHeaders`: the fields that parts pass on unless they say otherwise. */
export const compileTarget = (
  config: PartConfig,
  forwardHeaders: readonly string[],
): PartTarget => ({
  config,
  path: compilePath(config.path),
  query: compileQuery(config.query, config.forwardQuery ?? []),
  fields: config.forwardHeaders ?? forwardHeaders,
});

/** The fields of a part's request. */
export function partFields(
  { fields }: Pick<PartTarget, 'fields'>,
  { headers }: Pick<ClientExchange, 'headers'>,
): MutableHeaders {
  const sent: MutableHeaders = { ...ASKED_FOR };
  addForwarded(sent, headers, fields);
  return sent;
}
