/** What a route says of answers that are streams. */
import { z } from 'zod';
import type { Finding, Path } from '../config/fault.ts';
import { positiveDuration } from '../config/schema/types.ts';
import { isMap } from '../config/yaml/tree.ts';
import type { StreamConfig } from '../routes/answer-stream.ts';

/** Timers take a few weeks at most. */
const MAX_MS = 86_400_000;
const MAX_TEXT = 'must be at most 24h';

const atMostADay = () => positiveDuration().refine((ms) => ms <= MAX_MS, MAX_TEXT);

export const Stream = z
  .strictObject({
    idle: atMostADay()
      .optional()
      .describe(
        "Longest silence within a stream, instead of `idleTimeout`; in gRPC, of both sides at once, and of a client that has not been answered yet instead of the server's `limits.idle`.",
      ),
    perConsumer: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Streams that one consumer may have open here, or one address if nobody is authenticated; further ones get 429.',
      ),
    maxAge: atMostADay()
      .optional()
      .describe(
        'A stream of this age is ended after an event, so that its client comes back; if absent, it lasts as long as both sides like.',
      ),
  })
  .describe(
    'Bounds answers that are streams: `text/event-stream`, NDJSON and gRPC. They pass through without it, too.',
  );

/** Absent keys bound nothing. */
export const buildStream = ({ perConsumer, maxAge }: z.output<typeof Stream>): StreamConfig => ({
  perConsumer,
  maxAgeMs: maxAge,
});

/** A fault if it bounds nothing. */
export function* checkStream(written: unknown, path: Path): Generator<Finding> {
  if (!isMap(written) || Object.keys(written).length > 0) return;
  yield { path, message: 'says nothing: give it "idle", "perConsumer" or "maxAge"' };
}
