/** What the config may say of API keys: whose they are, and where a route looks for them. */
import { hash } from 'node:crypto';
import { duration, fieldName, z } from 'portico';
import { keyPrefix, redisUrl } from '../redis/settings.ts';

/** SHA-256 of a key, as hexadecimal digits. */
export const digestOf = (key: string): string => hash('sha256', key, 'hex');

const NOTHING = digestOf('');

/** No message shows what stands there: it may be the key itself. */
const keyHash = z
  .string({ error: 'expected the hash of a key' })
  .transform((text) => text.toLowerCase())
  .superRefine((text, context) => {
    const make = "`printf %s 'KEY' | sha256sum`";
    if (!/^[0-9a-f]{64}$/.test(text)) {
      const message = `is no SHA-256 hash; keys themselves do not belong in a config: ${make}`;
      context.addIssue({ code: 'custom', message });
    } else if (text === NOTHING) {
      context.addIssue({ code: 'custom', message: `is the hash of nothing: ${make}` });
    }
  });

const Consumer = z.strictObject({
  keys: z
    .array(keyHash)
    .min(1)
    .describe('SHA-256 hashes of the keys, any of which will do: `printf %s KEY | sha256sum`.'),
  plan: z.string().min(1).optional().describe('What routes and limits may ask for: `claim:plan`.'),
  scopes: z.array(z.string().min(1)).default([]).describe('Scopes of all its keys.'),
});

const KeyStore = z
  .strictObject({
    url: redisUrl().describe('Its URL: `${REDIS_URL}`.'),
    prefix: keyPrefix().describe('Before each key of Redis: `<prefix>key:<SHA-256 hash>`.'),
    cache: duration()
      .prefault('10s')
      .describe('How long a key is not looked up again; an unknown one for 1s at most.'),
    onError: z
      .enum(['refuse', 'hold'])
      .default('refuse')
      .describe(
        'While it is away, keys that `cache` has outlived are answered 503, or `hold` as they were; others are always answered 503.',
      ),
    timeout: duration()
      .refine((ms) => ms > 0, 'must be longer than 0')
      .prefault('100ms')
      .describe('The longest that a request waits for it.'),
  })
  .describe('Where keys are looked up that do not stand in `consumers`; absent: nowhere.');
export type KeyStore = z.output<typeof KeyStore>;

export const Settings = z
  .strictObject({
    consumers: z
      .record(z.string(), Consumer)
      .default({})
      .describe('Who has keys, by the name that logs and limits know.'),
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
        context.addIssue({ code: 'custom', path, message: `is a key of "${owner}" already` });
      }
    }
  });
export type Settings = z.output<typeof Settings>;

export const Options = z
  .strictObject({
    header: fieldName()
      .optional()
      .describe('Header with the key; `x-api-key` where nothing is said.'),
    query: z
      .string()
      .min(1)
      .optional()
      .describe('Query parameter with the key, instead: it ends in histories and other logs.'),
    forward: z
      .boolean()
      .default(false)
      .describe('Leaves the key on what goes to upstreams; by default it is taken away.'),
    plans: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Plans that may use the route; absent: all, and those without one.'),
    scopes: z.array(z.string().min(1)).default([]).describe('Scopes the consumer must have.'),
    optional: z
      .boolean()
      .default(false)
      .describe('Requests without a key pass, unauthenticated; a bad one is still refused.'),
  })
  .describe('Asks for an API key.');
export type Options = z.output<typeof Options>;
