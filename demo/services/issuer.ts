/**
 * Issues access tokens to anyone who asks, which is what makes it a demo.
 *
 * The ES256 key is generated at start: after a restart, the issuer has another one, under another `kid`, and
 * older tokens no longer verify.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';
import { createService, type ServiceOptions } from '../create-service.ts';
import { read } from '../errors.ts';

const ALGORITHM = 'ES256';
const AUDIENCE = 'shop';
const DEFAULT_SCOPE = 'orders:read orders:write payments:read profile:read';
const MONTH_S = 30 * 86_400;

const TokenRequest = z.strictObject({
  sub: z.string().min(1).max(128).default('u1'),
  /** Separated by spaces; empty for a token that may do nothing. */
  scope: z.string().max(1_024).default(DEFAULT_SCOPE),
  /** Seconds; at most 30 days. */
  expiresIn: z.coerce.number().int().min(1).max(MONTH_S).default(3_600),
  /** Absent: no such claim. */
  tenant: z.string().min(1).max(128).optional(),
});
type TokenRequest = z.infer<typeof TokenRequest>;

export interface IssuerOptions extends ServiceOptions {
  /** The claim `iss`: the origin at which clients find this service. */
  readonly issuer: string;
}

export function issuer(options: IssuerOptions): FastifyInstance {
  const app = createService('issuer', options);
  const now = options.now ?? Date.now;
  void app.register(async (scoped) => {
    const key = await makeKey();
    const issue = async (reply: FastifyReply, wanted: TokenRequest) => {
      const token = await sign(wanted, { key, issuer: options.issuer, now: now() });
      const { expiresIn: expires_in, scope } = wanted;
      const body = { access_token: token, token_type: 'Bearer', expires_in, scope };
      return reply.header('cache-control', 'no-store').send(body);
    };
    scoped.get('/.well-known/jwks.json', () => ({ keys: [key.public] }));
    scoped.get('/token', ({ query }, reply) => issue(reply, read(TokenRequest, 'query', query)));
    scoped.post('/token', ({ body }, reply) =>
      issue(reply, read(TokenRequest, 'body', body ?? {})),
    );
  });
  return app;
}

type Key = Awaited<ReturnType<typeof makeKey>>;

async function makeKey() {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, private: privateKey, public: { ...jwk, kid, alg: ALGORITHM, use: 'sig' } };
}

function sign(
  { sub, scope, expiresIn, tenant }: TokenRequest,
  { key, issuer: iss, now }: { key: Key; issuer: string; now: number },
): Promise<string> {
  const iat = Math.floor(now / 1_000);
  const claims = { iss, aud: AUDIENCE, sub, scope, iat, exp: iat + expiresIn, jti: randomUUID() };
  return new SignJWT(tenant === undefined ? claims : { ...claims, tenant })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'JWT' })
    .sign(key.private);
}
