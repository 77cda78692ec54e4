/** The schema of an upstream, and its defaults. */
import { z } from 'zod';
import { Discover } from './discover.ts';
import { Breaker, Bulkhead, Retry } from './guards.ts';
import { Health, Outlier } from './target-health.ts';
import {
  duration,
  fieldValue,
  orFalse,
  percent,
  positiveDuration,
  size,
  shown,
  source,
  targetOrigin,
} from './types.ts';

const Target = z.union([
  targetOrigin(),
  z.strictObject({
    url: targetOrigin().describe(
      'Origin: scheme, host, port; or `unix:` and the path of a unix socket.',
    ),
    weight: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('Share of the calls, relative to the other targets.'),
  }),
]);

const Balance = z.union([
  z.enum(['leastRequest', 'roundRobin']),
  z.strictObject({
    hash: source().describe('Calls with the same key go to the same target while it is available.'),
  }),
]);

const Limits = z
  .strictObject({
    headers: size()
      .refine((bytes) => bytes >= 1_024 && bytes <= 1_048_576, 'must be from 1KiB to 1MiB')
      .prefault('64KiB')
      .describe('Longest response head; 502 beyond it, which does not count against the upstream.'),
  })
  .describe('What an upstream may send.');

const pem = (what: string) => z.string().min(1).optional().describe(what);

const Tls = z
  .strictObject({
    ca: pem(
      'Certificates to trust instead of the public authorities: a PEM file, relative to this one, or its text.',
    ),
    cert: pem('Client certificate of the gateway, with its chain; needs `key`.'),
    key: pem('Private key of `cert`, without a passphrase.'),
    servername: z
      .string()
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, {
        error: (issue) => `${shown(issue.input)} is not a host name, such as orders.internal`,
      })
      .refine((name) => !/^[0-9.]+$/.test(name), 'must be a name, not an address')
      .optional()
      .describe("Name to ask for and to verify, instead of the target's host."),
  })
  .describe('How `https` targets are verified; they always are.');

export const UpstreamOptions = z.strictObject({
  targets: z
    .array(Target)
    .min(1)
    .optional()
    .describe(
      'Origins, such as `http://orders-1:4001`, or unix sockets, such as `unix:/run/orders.sock`; or `{ url, weight }`.',
    ),
  discover: Discover.optional().describe(
    'Looks up the targets by DNS or in Consul, instead of `targets`.',
  ),
  deadline: positiveDuration()
    .optional()
    .meta({ default: '15s' })
    .describe('Time for a whole call, including queueing and retries.'),
  timeout: positiveDuration()
    .optional()
    .meta({ default: '10s' })
    .describe('Time for one attempt, from the end of the request to the response head.'),
  connectTimeout: positiveDuration()
    .optional()
    .meta({ default: '1s' })
    .describe('Time to open a connection, including TLS.'),
  idleTimeout: positiveDuration()
    .optional()
    .meta({ default: '30s' })
    .describe('Longest silence within a body.'),
  keepAlive: duration()
    .optional()
    .meta({ default: '4s' })
    .describe(
      'How long an idle connection is kept; 0s closes it after each response. `Keep-Alive: timeout` from an upstream overrides this, minus one second.',
    ),
  connections: z
    .int()
    .min(1)
    .optional()
    .describe(
      "Sockets per target for requests; at least the bulkhead's concurrency, which is the default. Streams have their own.",
    ),
  balance: Balance.optional()
    .meta({ default: 'leastRequest' })
    .describe('Which target takes the next call.'),
  slowStart: positiveDuration()
    .optional()
    .describe('Time for a new or recovered target to ramp up to its full share.'),
  panic: percent()
    .optional()
    .meta({ default: '0%' })
    .describe(
      'While fewer than this share of the targets are available, all of them take calls; 0% means only once none is available.',
    ),
  host: fieldValue()
    .min(1)
    .optional()
    .meta({ default: 'target' })
    .describe("`Host` sent upstream: the `target`'s, the `client`'s, or this name."),
  tls: Tls.optional(),
  http2: z
    .boolean()
    .optional()
    .meta({ default: false })
    .describe(
      'HTTP/2 if an `https` target offers it, otherwise HTTP/1.1; for `http` targets always (h2c).',
    ),
  limits: Limits.optional(),
  via: z
    .boolean()
    .optional()
    .meta({ default: true })
    .describe(
      'Sends `Via`, as RFC 9110 requires. nginx then does not compress unless `gzip_proxied` is set; false removes the whole field.',
    ),
  bulkhead: Bulkhead.optional(),
  sockets: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ default: 1_000 })
    .describe(
      'Streams open at once: WebSockets, event streams, and gRPC that lasts; further ones get 503. They take no slot of the bulkhead.',
    ),
  breaker: orFalse(Breaker).optional(),
  retry: orFalse(Retry).optional(),
  health: orFalse(Health).optional(),
  outlier: orFalse(Outlier).optional(),
  propagateDeadline: z
    .boolean()
    .optional()
    .meta({ default: false })
    .describe('Tells the upstream how many ms remain, in `X-Request-Deadline-Ms`.'),
  openapi: z
    .string()
    .regex(/^[^\p{Cc}]{1,500}$/u, { error: 'is not the name of a file' })
    .optional()
    .describe(
      'OpenAPI document of the upstream, 3.0 or 3.1, YAML or JSON; relative to this file, at most 8MiB. Routes take from it what `document` publishes: docs/openapi.md.',
    ),
});

/** Keys that each upstream says for itself. */
export const OWN_KEYS = { targets: true, discover: true, openapi: true } as const;

/** An upstream by itself: its targets are listed or looked up, as `check-upstreams.ts` tells. */
export const Upstream = UpstreamOptions.meta({
  oneOf: [{ required: ['targets'] }, { required: ['discover'] }],
});

export type ParsedUpstream = z.output<typeof UpstreamOptions>;
export type ParsedHealth = z.output<typeof Health>;
export type ParsedRetry = z.output<typeof Retry>;

/** What an upstream has where nothing is written. Milliseconds. */
export const UPSTREAM_DEFAULTS = {
  deadline: 15_000,
  timeout: 10_000,
  connectTimeout: 1_000,
  idleTimeout: 30_000,
  keepAlive: 4_000,
  limits: Limits.parse({}),
  via: true,
  balance: 'leastRequest',
  host: 'target',
  http2: false,
  bulkhead: Bulkhead.parse({}),
  sockets: 1_000,
  breaker: Breaker.parse({}),
  retry: Retry.parse({}),
  health: false,
  outlier: Outlier.parse({}),
  panic: 0,
  propagateDeadline: false,
} as const;
