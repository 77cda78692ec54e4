/** The schema of an aggregate. */
import { z } from 'zod';
import type { ActionConfig } from '../config/actions.ts';
import { method } from '../config/schema/route.ts';
import { shown } from '../config/schema/types.ts';
import type { GraphqlConfig } from '../routes/graphql/operation.ts';
import { askedKeys, passedOn } from './aggregate-asked-schema.ts';
import { Fallback } from './aggregate-fallback.ts';
import { Graphql, GRAPHQL_PATH } from './aggregate-graphql.ts';
import { ForeachKeys } from './aggregate-foreach-schema.ts';
import { Sent } from './aggregate-sent-schema.ts';
import { placeKeys } from './aggregate-shape-schema.ts';
import { PartWhen } from './aggregate-when.ts';

const Part = z
  .strictObject({
    ...askedKeys,
    path: askedKeys.path
      .optional()
      .describe(`${askedKeys.path.description} Default with \`graphql\`: \`${GRAPHQL_PATH}\`.`),
    graphql: Graphql,
    ...Sent,
    when: PartWhen.optional(),
    ...ForeachKeys,
    method: method().default('GET').describe('At most one part may use a method other than GET.'),
    required: z
      .boolean()
      .default(false)
      .describe('If it fails, the whole response fails; otherwise the part is left out.'),
    default: z.json().optional().describe('Replaces the part if it fails.'),
    fallback: Fallback,
    onError: z
      .enum(['hide', 'detail'])
      .default('hide')
      .describe(
        '`detail` tells clients why the part failed, beside its place as `<part>_error`: the reason, and of an answer its status and the first 4 KiB of its body.',
      ),
    ...placeKeys,
  })
  .describe('One piece of the response.');

/** A part's name is used in templates. */
const partName = () =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: (issue) =>
      `${shown(issue.input)} cannot name a part: use letters, digits and _, starting with a letter`,
  });

export const Aggregate = z
  .record(partName(), Part)
  .describe('Action: call several upstreams in parallel, answer with one object.');

export const Aggregation = z
  .strictObject({
    minimum: z
      .int()
      .min(0)
      .default(1)
      .describe(
        'Parts that must succeed if none is required; with fewer, the response is the failure of a part that got no answer, or else 502.',
      ),
    forwardHeaders: z
      .array(passedOn())
      .prefault(['accept-language'])
      .describe('Client headers that every part passes on; `*` as in a part.'),
    forwardQuery: z
      .array(z.string().min(1))
      .prefault([])
      .describe('Query parameters that every part passes on; `*` as in a part.'),
    fields: z
      .boolean()
      .default(false)
      .describe(
        'Clients may choose: `?fields=order(id,total),payment`. Parts that nobody asks for are not called.',
      ),
    stream: z
      .boolean()
      .default(false)
      .describe(
        'Clients that accept `application/x-ndjson` or `text/event-stream` get each part as it comes.',
      ),
  })
  .optional()
  .describe('Options of `aggregate` as a whole.');

export type WrittenPart = z.output<typeof Part>;

export interface PartConfig extends Omit<WrittenPart, 'path' | 'graphql'> {
  readonly name: string;
  readonly path: string;
  readonly graphql?: GraphqlConfig | undefined;
}

export interface AggregateConfig extends ActionConfig {
  readonly kind: 'aggregate';
  readonly parts: readonly PartConfig[];
  readonly minimum: number;
  readonly forwardHeaders: readonly string[];
  readonly forwardQuery: readonly string[];
  readonly fields: boolean;
  readonly stream: boolean;
}
