/** What the config may say of an aggregate. */
import { z } from 'zod';
import type { ActionConfig } from '../config/actions.ts';
import { method } from '../config/schema/route.ts';
import { fieldName, positiveDuration, shown, size, valuePath } from '../config/schema/types.ts';

/** A header that is passed on, or `*`. */
const passedOn = () =>
  fieldName().refine((name) => name === '*' || !name.includes('*'), {
    error: 'is no header: name each one, or "*" for all but credentials',
  });

const template = (what: string) => z.string().min(1).describe(what);

const Part = z
  .strictObject({
    upstream: z.string().describe('Name of the upstream.'),
    path: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .describe('Template: `{id}`, `{query.q}`, `{header.x}`, `{claim.sub}`, `{part.field}`.'),
    query: z.record(z.string(), template('Template.')).optional().describe('Query to send.'),
    method: method().default('GET').describe('At most one part is not GET.'),
    required: z
      .boolean()
      .default(false)
      .describe('Its failure is the whole answer’s; else the part is left out.'),
    default: z.json().optional().describe('What stands for the part when it fails.'),
    timeout: positiveDuration().optional().describe('For this part, to the end of its body.'),
    pick: z
      .array(valuePath())
      .min(1)
      .optional()
      .describe(
        'Fields to keep: `a`, `b.c`; what a path does not lead into is absent. Without it all of the answer goes out, as it came.',
      ),
    forwardHeaders: z
      .array(passedOn())
      .optional()
      .describe(
        'Headers of the client to pass on. `*` is all but credentials (`authorization`, `cookie`, `x-api-key`: only where named), and what speaks of its connection, its body or the answer it has.',
      ),
    forwardQuery: z
      .array(z.string().min(1))
      .optional()
      .describe(
        'Query parameters to pass on. `*` is all but credentials (`access_token`, `api_key`, `token` …: only where named), and what `query` says.',
      ),
    maxBody: size().prefault('1MiB').describe('Longest answer that is read.'),
  })
  .describe('One piece of the answer.');

/** A part's name stands in templates. */
const partName = () =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: (issue) =>
      `${shown(issue.input)} cannot name a part: use letters, digits and _, starting with a letter`,
  });

export const Aggregate = z
  .record(partName(), Part)
  .describe('Action: call several upstreams side by side, answer with one object.');

export const Aggregation = z
  .strictObject({
    minimum: z
      .int()
      .min(0)
      .default(1)
      .describe(
        'Parts that must succeed where none is required; fewer is the failure of one that was not answered, else 502.',
      ),
    forwardHeaders: z
      .array(passedOn())
      .prefault(['accept-language'])
      .describe('Headers of the client that every part passes on; `*` as in a part.'),
  })
  .optional()
  .describe('Options of `aggregate` as a whole.');

export type PartConfig = z.output<typeof Part> & { readonly name: string };

export interface AggregateConfig extends ActionConfig {
  readonly kind: 'aggregate';
  readonly parts: readonly PartConfig[];
  readonly minimum: number;
  readonly forwardHeaders: readonly string[];
}
