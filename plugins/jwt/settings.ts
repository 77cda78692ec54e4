/** What the config may say of token issuers, and what a route may ask of a token. */
import { readFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { duration, fieldName, oneOrMore, z } from 'portico';

const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;
const isSymmetric = (algorithm: string): boolean => algorithm.startsWith('HS');

const keySet = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'must be an http or https URL of a key set',
  });

/** A PEM text, or a file that holds one. */
const publicKey = z.string().transform((text, context) => {
  try {
    const pem = text.includes('-----BEGIN') ? text : readFileSync(text, 'utf8');
    return createPublicKey(pem).export({ type: 'spki', format: 'pem' });
  } catch {
    context.addIssue({
      code: 'custom',
      message: 'is neither a PEM public key nor a file with one',
    });
    return z.NEVER;
  }
});

export const Issuer = z
  .strictObject({
    issuer: z.string().min(1).describe('`iss`, exactly.'),
    audience: oneOrMore(z.string().min(1))
      .optional()
      .describe('`aud` must hold one of these; absent: not asked.'),
    algorithms: z
      .array(z.enum([...ASYMMETRIC, ...SYMMETRIC]))
      .min(1)
      .describe('Algorithms that are accepted, never taken from the token (RFC 8725 §3.1).'),
    leeway: duration().prefault('5s').describe('Clock difference for `exp`, `nbf` and `iat`.'),
    jwks: keySet.optional().describe('URL of the key set.'),
    key: publicKey.optional().describe('Public key: PEM, or a file.'),
    secret: z.string().min(32).optional().describe('Shared secret, 32 characters or more.'),
  })
  .superRefine((issuer, context) => {
    const { jwks, key, secret, algorithms } = issuer;
    const sources = [jwks, key, secret].filter((each) => each !== undefined);
    if (sources.length !== 1) {
      context.addIssue({ code: 'custom', message: 'needs exactly one of jwks, key and secret' });
    } else if (algorithms.some((each) => isSymmetric(each) !== (secret !== undefined))) {
      const message = 'HS* goes with a secret, all others with a public key (RFC 8725 §2.1)';
      context.addIssue({ code: 'custom', path: ['algorithms'], message });
    }
  });
export type Issuer = z.output<typeof Issuer>;

export const Settings = z.strictObject({
  issuers: z
    .record(z.string(), Issuer)
    .default({})
    .describe('Who may issue tokens, by a name that routes refer to.'),
});
export type Settings = z.output<typeof Settings>;

export const Options = z
  .strictObject({
    issuer: oneOrMore(z.string())
      .transform((names) => [names].flat())
      .describe('Name of the issuer, or several of which any will do.'),
    scopes: z.array(z.string().min(1)).default([]).describe('Scopes the token must hold.'),
    match: z.enum(['all', 'any']).default('all').describe('All of the scopes, or any of them.'),
    optional: z
      .boolean()
      .default(false)
      .describe('Requests without a token pass, unauthenticated; a bad one is still refused.'),
    cookie: z.string().min(1).optional().describe('Cookie with the token, where no header has it.'),
    forward: z
      .record(z.string(), fieldName())
      .default({})
      .describe('Claim → header for upstreams; no client can send that header itself.'),
  })
  .describe('Asks for a token (RFC 6750).');
export type Options = z.output<typeof Options>;
