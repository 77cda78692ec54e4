/** What the config says of compression. */
import { size, z } from 'portico';
import { CODINGS } from './accept-encoding.ts';
import { DEFAULT_TYPES, TYPE_PATTERN } from './media-types.ts';

export const Settings = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .default(256)
    .describe(
      'Answers that are compressed at once, on all routes; further ones pass as they are. Each takes up to 4 MiB at the usual levels, and up to 50 MiB at the highest, until its client has read it.',
    ),
});

const level = (most: number, usual: number, meaning: string) =>
  z.int().min(1).max(most).default(usual).describe(meaning);

export const Options = z
  .strictObject({
    minimum: size()
      .prefault('1KiB')
      .describe('Shorter bodies pass as they are, except to clients that refuse these.'),
    types: z
      .array(
        z.string().regex(TYPE_PATTERN, {
          error: ({ input }) =>
            `"${String(input)}" is not a media type in lower case, such as text/css, text/*, or application/*+json`,
        }),
      )
      .min(1)
      .default([...DEFAULT_TYPES])
      .describe(
        'Media types that are compressed. Streams (`text/event-stream`, NDJSON, gRPC) never are, whatever is listed.',
      ),
    encodings: z
      .array(z.enum(CODINGS))
      .min(1)
      .default([...CODINGS])
      .describe(
        'What to compress with, the best first; the quality values of a client go before this order.',
      ),
    level: z
      .strictObject({
        zstd: level(12, 3, 'Level of Zstandard.'),
        br: level(
          11,
          4,
          'Quality of Brotli; 9 takes ten times as long as 4, and 11 a hundred times.',
        ),
        gzip: level(9, 6, 'Level of deflate.'),
      })
      .prefault({})
      .describe(
        'How hard to try, for each of the encodings: higher levels take more CPU time for fewer bytes.',
      ),
  })
  .describe('Compresses answers for clients that accept it.');
export type Options = z.output<typeof Options>;
