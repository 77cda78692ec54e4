/** What a route says about its GraphQL operations. */
import { size, z } from 'portico';

export const Options = z
  .strictObject({
    documents: z
      .string()
      .describe(
        'File with the operations of your apps, relative to the config: a JSON object `{ "<id or hash>": "<text>" }`, as the tools of GraphQL clients write it. It is watched.',
      ),
    unknown: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe(
        '`refuse`: only these are served, others are 400. `allow`: texts of the client’s own pass unchanged; an id or a hash that is not in the file is answered with the GraphQL error `PERSISTED_QUERY_NOT_FOUND`, so that the client sends the text.',
      ),
    maxBody: size()
      .refine((bytes) => bytes > 0, 'must be more than 0B')
      .prefault('64KiB')
      .describe('A longer request body is 413; it is read into memory.'),
  })
  .describe('GraphQL operations that clients may ask for, by id or hash.');
export type Options = z.output<typeof Options>;
