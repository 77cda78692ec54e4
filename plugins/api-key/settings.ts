/** The schema of API keys: their consumers, and where a route looks for a key. */
import { hash } from 'node:crypto';
import { duration, fieldName, z } from 'portico';
import { keyPrefix, redisTimeout, redisUrl } from '../shared/redis/settings.ts';

/** SHA-256 of a key, as hexadecimal digits. */
export const digestOf = (key: string): string => hash('sha256', key, 'hex');

const NOTHING = digestOf('');

/** No message shows the value: it may be the key itself. */
const keyHash = z
  .string({ error: 'expected the hash of a key' })
  .transform((text) => text.toLowerCase())
  .superRefine((text, context) => {
    const make = "`printf %s 'KEY' | sha256sum`";
    if (!/^[0-9a-f]{64}$/.test(text)) {
      const message = `is not a SHA-256 hash; never put a key itself into a config: ${make}`;
      context.addIssue({ code: 'custom', message });
    } else if (text === NOTHING) {
      context.addIssue({ code: 'custom', message: `is the hash of an empty text: ${make}` });
    }
  });

const Consumer = z.strictObject({
  keys: z
    .array(keyHash)
    .min(1)
    .describe('SHA-256 hashes of the consumer’s keys: `printf %s KEY | sha256sum`.'),
  plan: z
    .string()
    .min(1)
    .optional()
    .describe('Plan that routes and limits can refer to as `claim:plan`.'),
  scopes: z.array(z.string().min(1)).default([]).describe('Scopes that all its keys have.'),
});

const KeyStore = z
  .strictObject({
    url: redisUrl().describe('URL of the Redis: `${REDIS_URL}`.'),
    prefix: keyPrefix().describe('Prefix of every key in Redis: `<prefix>key:<SHA-256 hash>`.'),
    cache: duration()
      .prefault('10s')
      .describe('How long a result is cached; for an unknown key, at most 1s.'),
    onError: z
      .enum(['refuse', 'hold'])
      .default('refuse')
      .describe(
        'While Redis is down, keys whose `cache` has expired get 503 (`refuse`), or stay valid (`hold`). Keys never seen always get 503.',
      ),
    timeout: redisTimeout(),
  })
  .describe('Where keys that are not in `consumers` are looked up; if absent, nowhere.');
export type KeyStore = z.output<typeof KeyStore>;

export const Settings = z
  .strictObject({
    consumers: z
      .record(z.string(), Consumer)
      .default({})
      .describe('Consumers with keys, by the name that logs and limits use.'),
    redis: KeyStore.optional(),
  })
  .superRefine(({ consumers }, context) => {
    const owners = new Map<string, string>();
    for (const [name, { keys }] of Object.entries(consumers)) {
      for (const [i, key] of keys.entries()) {
        const owner = owners.get(key);
        owners.set(key, name);
        if (owner === undefined) continue;
        const path = ['consumers', name, 'keys', i];
        context.addIssue({ code: 'custom', path, message: `is already a key of "${owner}"` });
      }
    }
  });
export type Settings = z.output<typeof Settings>;

export const Options = z
  .strictObject({
    header: fieldName().optional().describe('Header with the key; the default is `x-api-key`.'),
    query: z
      .string()
      .min(1)
      .optional()
      .describe('Query parameter with the key instead; it ends up in histories and other logs.'),
    forward: z
      .boolean()
      .default(false)
      .describe('Sends the key on to upstreams; by default it is removed.'),
    plans: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Plans that may use the route; if absent, all, and consumers without one.'),
    scopes: z.array(z.string().min(1)).default([]).describe('Scopes the consumer must have.'),
    optional: z
      .boolean()
      .default(false)
      .describe('Admits requests without a key, unauthenticated; an invalid one is still refused.'),
  })
  .describe('Requires an API key.');
export type Options = z.output<typeof Options>;
