/** The schema of an aggregate. */
import { z } from 'zod';
import type { ActionConfig } from '../config/actions.ts';
import { method } from '../config/schema/route.ts';
import { fieldName, positiveDuration, shown, size } from '../config/schema/types.ts';
import { Sent } from './aggregate-sent-schema.ts';
import { placeKeys, shapeKeys } from './aggregate-shape-schema.ts';
import { PartWhen } from './aggregate-when.ts';

/** A header that is passed on, or `*`. */
const passedOn = () =>
  fieldName().refine((name) => name === '*' || !name.includes('*'), {
    error: 'is not a header: name each one, or "*" for all except credentials',
  });

const template = (what: string) => z.string().min(1).describe(what);

const Part = z
  .strictObject({
    upstream: z.string().describe('Name of the upstream.'),
    path: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .describe('Template: `{id}`, `{query.q}`, `{header.x}`, `{claim.sub}`, `{part.field}`.'),
    query: z
      .record(z.string(), template('Template.'))
      .optional()
      .describe('Query to send; a parameter that is `{query.q}` alone is left out without `q`.'),
    ...Sent,
    when: PartWhen.optional(),
    method: method().default('GET').describe('At most one part may use a method other than GET.'),
    required: z
      .boolean()
      .default(false)
      .describe('If it fails, the whole response fails; otherwise the part is left out.'),
    default: z.json().optional().describe('Replaces the part if it fails.'),
    timeout: positiveDuration().optional().describe('Time for this part, to the end of its body.'),
    ...shapeKeys,
    ...placeKeys,
    forwardHeaders: z
      .array(passedOn())
      .optional()
      .describe(
        'Client headers to pass on. `*` is all except credentials (`authorization`, `cookie`, `x-api-key`: only if named) and fields about the connection, the body or a cached response.',
      ),
    forwardQuery: z
      .array(z.string().min(1))
      .optional()
      .describe(
        'Query parameters to pass on. `*` is all except credentials (`access_token`, `api_key`, `token` …: only if named) and those that `query` sets.',
      ),
    maxBody: size().prefault('1MiB').describe('Longest answer to read.'),
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
  })
  .optional()
  .describe('Options of `aggregate` as a whole.');

export type PartConfig = z.output<typeof Part> & { readonly name: string };

export interface AggregateConfig extends ActionConfig {
  readonly kind: 'aggregate';
  readonly parts: readonly PartConfig[];
  readonly minimum: number;
  readonly forwardHeaders: readonly string[];
  readonly forwardQuery: readonly string[];
}
