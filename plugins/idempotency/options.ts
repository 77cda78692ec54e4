/** The schema of idempotency keys, and what it cannot see. */
import { fieldName, type KnownNames, type OptionFault, retention, z } from 'portico';
import { keyPrefix, redisTimeout, redisUrl } from '../shared/redis/settings.ts';

const SHORTEST_MS = 3_600_000;
const LONGEST_MS = 30 * 86_400_000;

/** Sent anew with each answer, or no business of the client that repeats a request. */
const NEVER_KEPT =
  /^(set-cookie2?|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|date|age|via|idempotency-replayed|x-request-id)$/;

const keptField = () =>
  fieldName().refine((name) => !NEVER_KEPT.test(name), {
    error: (issue) => `${String(issue.input)} is never kept: it belongs to one answer alone`,
  });

export const Settings = z.strictObject({
  store: z
    .union([
      z.enum(['memory', 'durable']),
      z.strictObject({
        redis: redisUrl().describe('URL of the Redis: `${REDIS_URL}`.'),
        prefix: keyPrefix().describe('Prefix of every key.'),
        timeout: redisTimeout(),
      }),
    ])
    .default('memory')
    .describe(
      'Where keys and answers are kept: in a Redis that all gateways share; `durable`, in the `store` of the config; or in the memory of one process.',
    ),
});
export type Settings = z.output<typeof Settings>;
export type RedisSettings = Exclude<Settings['store'], string>;

export const Options = z
  .strictObject({
    required: z
      .boolean()
      .default(false)
      .describe('Requests must have an `Idempotency-Key`; without one they get 400.'),
    methods: z
      .array(z.enum(['POST', 'PATCH', 'PUT', 'DELETE']))
      .min(1)
      .default(['POST', 'PATCH'])
      .describe('Methods whose keys are heeded. PUT and DELETE may be repeated anyway.'),
    keep: retention()
      .refine((ms) => ms >= SHORTEST_MS && ms <= LONGEST_MS, 'must be from 1h to 30d')
      .prefault('24h')
      .describe('How long a key is known, from the last change of its state.'),
    onUnknown: z
      .enum(['refuse', 'retry'])
      .default('refuse')
      .describe(
        'When the outcome of the first request is not known: 409, or send it again, for upstreams that heed the key themselves.',
      ),
    onError: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe('While the store is away: 503, or serve requests as if they had no key.'),
    headers: z
      .array(keptField())
      .default([
        'cache-control',
        'content-disposition',
        'etag',
        'expires',
        'last-modified',
        'link',
        'location',
        'preference-applied',
        'vary',
      ])
      .describe(
        'Fields of answers that are kept, besides those that describe the body (`Content-Type`, `-Encoding`, `-Language`, `-Location`).',
      ),
  })
  .describe(
    'Carries out a request with an `Idempotency-Key` once: repeated ones get the answer of the first.',
  );
export type Options = z.output<typeof Options>;

/** Actions with keys of their own. */
const KEYED: Readonly<Record<string, string>> = {
  saga: '"saga" has keys of its own: { name: …, key: required }',
  command: '"command" has keys of its own: { …, key: required }',
};
/** Actions that change nothing. */
const IDLE = ['respond', 'redirect', 'files', 'document', 'operationStatus'];

/** Routes on which keys cannot work. */
export function* checkUse(
  _options: Options,
  { store }: Settings,
  others: ReadonlyMap<string, unknown>,
  { identifying, identifyingOn, hasStore }: KnownNames,
): Generator<OptionFault> {
  for (const [action, why] of Object.entries(KEYED)) {
    if (others.has(action)) yield { path: [], at: 'key', message: `${why}; remove this key` };
  }
  const idle = IDLE.find((action) => others.has(action));
  if (idle !== undefined) {
    const message = `does nothing here: "${idle}" calls no upstream, so repeating it changes nothing`;
    yield { path: [], at: 'key', message, severity: 'warning' };
  }
  if (identifyingOn(others).length === 0) {
    const message = `needs one of ${identifying.join(', ')} on this route: a key belongs to the consumer that sends it`;
    yield { path: [], at: 'key', message };
  }
  if (store === 'durable' && !hasStore) {
    const message =
      'plugins.idempotency.store is "durable", which needs a "store": { postgres: "${DATABASE_URL}" } or { embedded: ./data/operations }';
    yield { path: [], at: 'key', message };
  }
}
