/** The keys that a part and its fallback share: whom to ask, for what, and what to make of the answer. */
import { z } from 'zod';
import { fieldName, positiveDuration, shown, size } from '../config/schema/types.ts';
import { PART_TYPES } from '../routes/part-types.ts';
import { ownHeaders } from './aggregate-sent-schema.ts';
import { shapeKeys } from './aggregate-shape-schema.ts';

/** A header that is passed on, or `*`. */
export const passedOn = () =>
  fieldName().refine((name) => name === '*' || !name.includes('*'), {
    error: 'is not a header: name each one, or "*" for all except credentials',
  });

const template = (what: string) => z.string().min(1).describe(what);

export const askedKeys = {
  upstream: z.string().describe('Name of the upstream.'),
  path: z
    .string()
    .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
    .describe('Template: `{id}`, `{query.q}`, `{header.x}`, `{claim.sub}`, `{part.field}`.'),
  query: z
    .record(z.string(), template('Template.'))
    .optional()
    .describe('Query to send; a parameter that is `{query.q}` alone is left out without `q`.'),
  headers: ownHeaders,
  timeout: positiveDuration()
    .optional()
    .describe('Time for this part, to the end of its body; with `foreach`, for all of its calls.'),
  type: z
    .enum(PART_TYPES)
    .default('json')
    .describe(
      'What the answer is. `xml`: an element is its text, or an object with its elements, `@name` for attributes and `$` for its text. `text`: one text. `rss`: RSS or Atom as a list of items with `title`, `link`, `date`, `description`.',
    ),
  ...shapeKeys,
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
};
