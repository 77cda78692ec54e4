/** What the config may say of an upstream; the defaults that are on without being written. */
import { z } from 'zod';
import { Discover } from './discover.ts';
import {
  duration,
  fieldValue,
  orFalse,
  origin,
  percent,
  positiveDuration,
  size,
  shown,
  source,
} from './types.ts';

const Target = z.union([
  origin(),
  z.strictObject({
    url: origin().describe('Origin: scheme, host, port.'),
    weight: z.int().min(1).max(1000).default(1).describe('Share of the calls, against the others.'),
  }),
]);

const Bulkhead = z
  .strictObject({
    concurrency: z.int().min(1).max(65_535).default(128).describe('Exchanges open at once.'),
    queue: z
      .int()
      .min(0)
      .default(32)
      .describe('Calls that may wait for a slot; the next one is answered 503. 0 never waits.'),
    wait: duration().prefault('1s').describe('Longest wait for a slot; then 503.'),
  })
  .describe('Bounds what one upstream can hold.');

/** What a circuit may count besides statuses. */
export const FAILURE_KINDS = ['connect', 'reset', 'timeout', 'invalid', 'cut', '5xx'] as const;

const breakerCommon = {
  handle: z
    .array(z.union([z.enum(FAILURE_KINDS), z.int().min(400).max(599)]))
    .min(1)
    .default([...FAILURE_KINDS])
    .describe(
      'What counts as a failure: no connection, closed before the answer, no answer in time, an answer that cannot be read, a body that is cut, `5xx` (all but 501 and 505), or a status.',
    ),
  slow: positiveDuration()
    .optional()
    .describe('An answer whose head takes this long counts as a failure too.'),
  open: positiveDuration()
    .prefault('5s')
    .describe('How long an open circuit stays open at first; it doubles with each failed probe.'),
  probes: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('Calls let through to try a half-open circuit.'),
};

const Breaker = z
  .union([
    z.strictObject({
      ratio: z
        .number()
        .gt(0)
        .max(1)
        .default(0.5)
        .describe('Share of failures within the window that opens the circuit.'),
      minimum: z.int().min(1).default(20).describe('Calls in the window before the ratio counts.'),
      window: positiveDuration().prefault('10s').describe('Span over which calls are counted.'),
      ...breakerCommon,
    }),
    z.strictObject({
      consecutive: z.int().min(1).describe('Failures in a row that open the circuit.'),
      ...breakerCommon,
    }),
  ])
  .describe('Stops calling an upstream that keeps failing; false never stops.');

/** Failures that may be tried again. */
export const RETRY_REASONS = ['connect', 'reset'] as const;

export const Retry = z
  .strictObject({
    attempts: z.int().min(1).max(10).default(2).describe('Tries in all, the first one counted.'),
    on: z
      .array(z.union([z.enum(RETRY_REASONS), z.int().min(500).max(599)]))
      .min(1)
      .default(['connect', 'reset', 502, 503, 504])
      .describe(
        'Failures to try again: no connection, closed before the answer, or a status; 504 covers the attempt timeout too.',
      ),
    backoff: duration()
      .prefault('25ms')
      .describe('Longest wait before the first retry; it doubles, with full jitter.'),
    budget: percent()
      .prefault('20%')
      .describe('Retries as a share of the calls of the last 10 s; 3 a second are always allowed.'),
  })
  .describe('Tries a failed call again where that is safe; false never does.');

/** A status, or all of a class. */
const statuses = () =>
  z.array(
    z.union([
      z.int().min(100).max(599),
      z.string().regex(/^[1-5]xx$/, {
        error: (issue) => `${shown(issue.input)} is no status: use 204, or 2xx for all of a class`,
      }),
    ]),
  );

const Health = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[\x21-\x7e]*$/, {
        error: (issue) => `${shown(issue.input)} is not a path such as /healthz`,
      })
      .describe('What every target is asked for, with GET.'),
    interval: positiveDuration()
      .prefault('5s')
      .describe('From one check of a target to the next; up to a tenth more, by chance.'),
    timeout: positiveDuration().prefault('1s').describe('For a check, connection and all.'),
    healthy: z.int().min(1).max(100).default(2).describe('Checks passed in a row to come back.'),
    unhealthy: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe('Checks failed in a row to be left out; for the first check of all one will do.'),
    statuses: statuses().min(1).prefault(['2xx']).describe('Statuses of a healthy target.'),
  })
  .describe('Asks every target whether it is well; runs only where it is written.');

const Outlier = z
  .strictObject({
    consecutive: z.int().min(1).default(5).describe('Failures in a row that eject a target.'),
    eject: positiveDuration()
      .prefault('30s')
      .describe('For how long, the first time; longer by as much each further time, to 10 times.'),
    maxEjected: percent()
      .prefault('50%')
      .describe('Share of the targets that may be ejected at once, rounded down.'),
  })
  .describe('Leaves out a target that keeps failing, judged by its traffic; false never does.');

const Balance = z.union([
  z.enum(['leastRequest', 'roundRobin']),
  z.strictObject({
    hash: source().describe('Calls of one key go to one target, as long as it is there.'),
  }),
]);

const Limits = z
  .strictObject({
    headers: size()
      .refine((bytes) => bytes >= 1_024 && bytes <= 1_048_576, 'must be from 1KiB to 1MiB')
      .prefault('64KiB')
      .describe(
        'Longest head of an answer; 502 past it, which does not count against the upstream.',
      ),
  })
  .describe('What an upstream may send.');

const pem = (what: string) => z.string().min(1).optional().describe(what);

const Tls = z
  .strictObject({
    ca: pem(
      'Certificates that are trusted instead of the public authorities: a PEM file, from the folder of this one, or its text.',
    ),
    cert: pem('Certificate that the gateway shows, with its chain; `key` goes with it.'),
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
  .describe('How `https` targets are verified, which they always are.');

export const UpstreamOptions = z.strictObject({
  targets: z
    .array(Target)
    .min(1)
    .optional()
    .describe('Origins, such as `http://orders-1:4001`; or `{ url, weight }`.'),
  discover: Discover.optional().describe(
    'Looks the targets up, by DNS or in Consul, instead of `targets`.',
  ),
  deadline: positiveDuration()
    .optional()
    .meta({ default: '15s' })
    .describe('For a whole call: queueing, retries and all.'),
  timeout: positiveDuration()
    .optional()
    .meta({ default: '10s' })
    .describe('For one attempt, from the end of the request to the head of the response.'),
  connectTimeout: positiveDuration()
    .optional()
    .meta({ default: '1s' })
    .describe('For a connection to stand, TLS included.'),
  idleTimeout: positiveDuration()
    .optional()
    .meta({ default: '30s' })
    .describe('Longest silence within a body.'),
  keepAlive: duration()
    .optional()
    .meta({ default: '4s' })
    .describe(
      'How long an idle connection is kept; 0s closes it after each answer. An upstream that sends `Keep-Alive: timeout` is believed, less a second.',
    ),
  connections: z
    .int()
    .min(1)
    .optional()
    .describe("Sockets for each target. Default: the bulkhead's concurrency; not below it."),
  balance: Balance.optional()
    .meta({ default: 'leastRequest' })
    .describe('Which target takes the next call.'),
  slowStart: positiveDuration()
    .optional()
    .describe('A target that is new, or back, takes its full share after this time only.'),
  panic: percent()
    .optional()
    .meta({ default: '0%' })
    .describe(
      'While fewer than this share of the targets are available, all of them take calls; 0% waits until none is.',
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
      'HTTP/2: where an `https` target offers it, else HTTP/1.1; to `http` targets without asking (h2c).',
    ),
  limits: Limits.optional(),
  via: z
    .boolean()
    .optional()
    .meta({ default: true })
    .describe(
      'Send `Via`, as RFC 9110 asks. With it nginx does not compress unless its `gzip_proxied` says so; false takes out the whole field.',
    ),
  bulkhead: Bulkhead.optional(),
  breaker: orFalse(Breaker).optional(),
  retry: orFalse(Retry).optional(),
  health: orFalse(Health).optional(),
  outlier: orFalse(Outlier).optional(),
  propagateDeadline: z
    .boolean()
    .optional()
    .meta({ default: false })
    .describe('Tell the upstream how many ms it has, in `X-Request-Deadline-Ms`.'),
});

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
  breaker: Breaker.parse({}),
  retry: Retry.parse({}),
  health: false,
  outlier: Outlier.parse({}),
  panic: 0,
  propagateDeadline: false,
} as const;
