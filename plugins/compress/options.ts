/** What the config says of compression. */
import { size, z } from 'portico';
import { CODINGS } from './accept-encoding.ts';
import { DEFAULT_TYPES, TYPE_PATTERN } from './media-types.ts';

export const Settings = z.strictObject({
  concurrency: z
    .int()
    .min(1)
    .default(1_000)
    .describe(
      'Answers that are compressed at once, on all routes; further ones pass as they are. Each takes up to 2 MiB until its client has read it.',
    ),
});

const level = (most: number, usual: number) => z.int().min(1).max(most).default(usual);

export const Options = z
  .strictObject({
    minimum: size()
      .prefault('1KiB')
      .describe('Shorter bodies pass as they are, except to clients that refuse these.'),
    types: z
      .array(
        z
          .string()
          .regex(
            TYPE_PATTERN,
            'is not a media type in lower case, such as text/css, text/*, or application/*+json',
          ),
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
        zstd: level(19, 3),
        br: level(11, 4),
        gzip: level(9, 6),
      })
      .prefault({})
      .describe(
        'How hard to try, for each of the encodings: higher levels take more CPU time for fewer bytes.',
      ),
  })
  .describe('Compresses answers for clients that accept it.');
export type Options = z.output<typeof Options>;
