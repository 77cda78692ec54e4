/** The schema of token issuers, and of what a route requires of a token. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { claimPath, duration, fieldName, oneOrMore, z } from 'portico';
import { ALGORITHMS, type Algorithm, keyFault, MIN_SECRET_BYTES } from './algorithms.ts';
import { keyPrefix, redisUrl } from '../shared/redis/settings.ts';

const keySet = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'must be an http or https URL of a key set',
  });

/** By now the text of the file, where one was named. */
const publicKey = z.string().transform((pem, context) => {
  // It would do, but a gateway that can sign tokens is one more place to steal the key from.
  const message = pem.includes('PRIVATE KEY')
    ? 'is a private key: use the public one'
    : 'is not a PEM public key';
  try {
    if (!pem.includes('PRIVATE KEY')) {
      return createPublicKey(pem).export({ type: 'spki', format: 'pem' });
    }
  } catch {
    // Said below.
  }
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const SHORTEST_REFRESH_MS = 1_000;
const SHORTEST_LOOK_MS = 100;

export const Issuer = z
  .strictObject({
    issuer: z.string().min(1).describe('`iss`, exactly.'),
    audience: oneOrMore(z.string().min(1))
      .optional()
      .describe('`aud` must hold one of these; if absent, it is not checked.'),
    algorithms: z
      .array(z.enum(ALGORITHMS))
      .min(1)
      .describe('Accepted algorithms; the token does not choose (RFC 8725 §3.1).'),
    leeway: duration()
      .prefault('5s')
      .describe('Allowed clock difference for `exp`, `nbf` and `iat`.'),
    jwks: keySet.optional().describe('URL of the key set.'),
    refresh: duration()
      .refine((ms) => ms >= SHORTEST_REFRESH_MS, 'must be 1s or longer')
      .prefault('10m')
      .describe('How often the key set is fetched again; an unknown key triggers a fetch at once.'),
    onStart: z
      .enum(['wait', 'serve'])
      .default('serve')
      .describe(
        'If the key set cannot be fetched at start-up: `wait` for it for up to 30s, then fail; or `serve`, and answer 503 where a token is needed.',
      ),
    key: publicKey.optional().describe('Public key: PEM, or a file relative to the config.'),
    secret: z
      .string()
      .optional()
      .describe('Shared secret: at least 32 bytes for HS256, 48 for HS384, 64 for HS512.'),
    rolesClaim: claimPath()
      .default('roles')
      .describe('Claim that holds the roles, such as `realm_access.roles`.'),
  })
  .superRefine((issuer, context) => {
    const { jwks, key, secret } = issuer;
    const sources = [jwks, key, secret].filter((each) => each !== undefined);
    if (sources.length !== 1) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of jwks, key and secret' });
      return;
    }
    for (const [path, message] of algorithmFaults(issuer)) {
      context.addIssue({ code: 'custom', path: [path], message });
    }
  });
export type Issuer = z.output<typeof Issuer>;

interface Keyed {
  readonly algorithms: readonly Algorithm[];
  readonly key?: string | undefined;
  readonly secret?: string | undefined;
}

/** An algorithm that goes with another kind of key is how keys get confused (RFC 8725 §2.1). */
function* algorithmFaults({
  algorithms,
  key,
  secret,
}: Keyed): Generator<readonly [string, string]> {
  if (algorithms.some((each) => each in MIN_SECRET_BYTES !== (secret !== undefined))) {
    yield ['algorithms', 'HS* needs a secret, all others need a public key (RFC 8725 §2.1)'];
    return;
  }
  const publicOne: KeyObject | undefined = key === undefined ? undefined : createPublicKey(key);
  for (const algorithm of algorithms) {
    const least = MIN_SECRET_BYTES[algorithm] ?? 0;
    if (Buffer.byteLength(secret ?? '') < least) {
      yield ['secret', `${algorithm} needs at least ${least} bytes (RFC 7518 §3.2)`];
    }
    const fault = publicOne && keyFault(publicOne, algorithm);
    if (fault !== undefined) yield ['algorithms', fault];
  }
}

const SharedList = z
  .strictObject({
    redis: redisUrl().describe('Redis that the gateways share: `${REDIS_URL}`.'),
    refresh: duration()
      .refine((ms) => ms >= SHORTEST_LOOK_MS, 'must be 100ms or longer')
      .prefault('5s')
      .describe('How often a gateway looks for revocations from others.'),
    prefix: keyPrefix().describe('Prefix of every key in Redis.'),
  })
  .describe('Where revocations are shared; if absent, each process keeps its own, in memory only.');
export type SharedList = z.output<typeof SharedList>;

export const Settings = z.strictObject({
  revocations: SharedList.optional(),
  issuers: z
    .record(z.string(), Issuer)
    .default({})
    .describe('Trusted token issuers, by a name that routes refer to.'),
});
export type Settings = z.output<typeof Settings>;

/** What is allowed between the quotes of a challenge. */
const named = z.string().regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, {
  error: 'must be printable ASCII without quotes and backslashes',
});

/** RFC 6455 §4.1. */
const SUBPROTOCOL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const Options = z
  .strictObject({
    issuer: oneOrMore(z.string())
      .transform((names) => [names].flat())
      .describe('Name of the issuer, or of several accepted ones.'),
    scopes: z.array(named).default([]).describe('Scopes the token must have.'),
    roles: z.array(named).default([]).describe('Roles the token must have.'),
    match: z
      .enum(['all', 'any'])
      .default('all')
      .describe('Whether all scopes and all roles are required, or any of each.'),
    rolesClaim: claimPath()
      .optional()
      .describe('Claim that holds the roles, instead of the issuer’s.'),
    optional: z
      .boolean()
      .default(false)
      .describe(
        'Admits requests without a token, unauthenticated; an invalid one is still refused.',
      ),
    cookie: z.string().min(1).optional().describe('Cookie with the token, if no header has it.'),
    protocol: z
      .string()
      .regex(SUBPROTOCOL, { error: 'must be a subprotocol such as bearer' })
      .optional()
      .describe(
        'Subprotocol after which a WebSocket offers its token, because browsers can set no header for it: `new WebSocket(url, ["bearer", token])`. Both are removed before anything goes upstream.',
      ),
    forward: z
      .record(claimPath(), fieldName())
      .default({})
      .describe('Claim → header for upstreams; no client can send that header itself.'),
  })
  .describe('Requires a token (RFC 6750).');
export type Options = z.output<typeof Options>;
