/** What a route says of a split, and what it runs on. */
import { z } from 'zod';
import { buildConditions, buildFieldConditions } from '../config/build/match.ts';
import { defined } from '../config/build/upstream.ts';
import { WhenKeys } from '../config/schema/conditions.ts';
import { instant, percent, positiveDuration, source } from '../config/schema/types.ts';
import type { AbortConfig } from '../policies/side-abort.ts';
import type { WhenConfig } from '../routes/when-config.ts';
import { Rewrite } from './rewrite-options.ts';

const weight = () => z.number().min(0).max(1_000_000);

const When = z
  .strictObject(WhenKeys)
  .refine(
    (when) => Object.values(when).some((values) => Object.keys(values ?? {}).length > 0),
    'names no condition: give headers, query, cookies or claims',
  )
  .describe(
    'Requests that come to this side whatever the weights; all that is given must match. 400 if several values of one header or parameter lead to different sides. An aborted side gets none.',
  );

const Abort = z
  .strictObject({
    errors: percent()
      .refine((share) => share < 1, 'must be below 100%')
      .optional()
      .describe(
        'Aborts when more than this share of the calls fails: a 5xx other than 501 and 505, a failed gRPC call, or no response at all, be it for an open circuit. Clients that leave do not count.',
      ),
    latency: positiveDuration()
      .optional()
      .describe(
        'Aborts when the 95th percentile, from the start of a call to its response head, is longer. A failed call counts as slow.',
      ),
    relative: z
      .boolean()
      .default(false)
      .describe(
        "Only what exceeds the first side's share of failures counts as `errors`, so that a fault which both sides have takes none out.",
      ),
    minimum: z.int().min(1).default(20).describe('Calls in the window before anything counts.'),
    window: positiveDuration().prefault('1m').describe('Span over which calls are counted.'),
  })
  .refine(
    ({ errors, latency }) => errors !== undefined || latency !== undefined,
    'needs a limit: give "errors", "latency" or both',
  )
  .refine(({ relative, errors }) => !relative || errors !== undefined, {
    error: 'needs "errors": it says how much more may fail than at the first side',
    path: ['relative'],
  })
  .describe(
    'Takes this side out when its calls fail or are slow: its requests go to the first side, until an operator hands it back.',
  );

const Side = z.strictObject({
  upstream: z.string().describe('Name of the upstream; the side is called by it.'),
  weight: weight()
    .optional()
    .describe(
      'Its share of the requests is this weight divided by the sum of all. The first side may leave it out, and gets the rest to 100.',
    ),
  ramp: z
    .array(
      z.strictObject({
        at: instant().describe('When the weight changes.'),
        weight: weight().describe('The weight from then on.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Changes the weight by the clock; before the first step, it is `weight`, or 0.'),
  when: When.optional(),
  abort: Abort.optional(),
  rewrite: Rewrite.optional().describe("Replaces the route's."),
});
export const SIDE_KEYS = Object.keys(Side.shape);
export type ParsedSide = z.output<typeof Side>;

export const Split = z
  .array(Side)
  .min(2, 'needs at least two sides')
  .describe(
    'Action: divide requests among upstreams by weight. The first side is the one that others fall back to.',
  );

export const Sticky = source()
  .optional()
  .describe(
    'Keeps a client on its side while the weights stay, and when a later side grows, in every gateway with this config. Requests without such a key are divided one by one.',
  );

export const Salt = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe(
    "Splits with the same salt divide clients alike: who is among the first 10% here is so there. Default: the route's name.",
  );

export const buildAbort = ({ latency, ...rest }: z.output<typeof Abort>): AbortConfig => ({
  ...defined({ errors: rest.errors, latencyMs: latency }),
  isRelative: rest.relative,
  minimum: rest.minimum,
  windowMs: rest.window,
});

export const buildWhen = ({
  headers,
  cookies,
  query,
  claims,
}: z.output<typeof When>): WhenConfig => ({
  headers: buildFieldConditions(headers),
  cookies: buildConditions(cookies),
  query: buildConditions(query),
  claims: buildConditions(claims),
});
