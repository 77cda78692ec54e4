/**
 * Verifies tokens with @fastify/jwt: one registration per issuer, so that algorithms, audience
 * and keys of one issuer never apply to another.
 *
 * The package accepts tokens without `iss`, `aud` or `exp` unless they are required by name, and
 * builds a new verifier for options that are given per call: both are fixed at registration.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Consumer, isGatewayError, type PluginHost, type PluginState } from 'portico';
import { inPackageWords, maySign } from './algorithms.ts';
import { checkClaims, toConsumer } from './claims.ts';
import { type Keys, keysOf, keySourceOf } from './keys.ts';
import { Revocations } from './revocations.ts';
import type { Issuer, Settings } from './settings.ts';
import { peek, refuse, type UnverifiedToken } from './token.ts';
import { VerifiedTokens } from './verified-tokens.ts';

type Verify = (request: FastifyRequest) => Promise<unknown>;

interface KnownIssuer {
  readonly name: string;
  readonly config: Issuer;
  readonly keys: Keys;
  readonly verify: Verify;
}

/** A request on its way through the package: its token, and the key that is tried. */
const attempts = new WeakMap<FastifyRequest, { readonly token: string; readonly key: string }>();

export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, KnownIssuer>;
  readonly #verified: VerifiedTokens;
  readonly #revocations: Revocations;

  constructor(
    issuers: ReadonlyMap<string, KnownIssuer>,
    verified: VerifiedTokens,
    revocations: Revocations,
  ) {
    this.#issuers = issuers;
    this.#verified = verified;
    this.#revocations = revocations;
  }

  /** @throws {Error} when the gateway is to wait for keys but cannot fetch them */
  static async create(
    { issuers }: Settings,
    revocations: Revocations,
    host: PluginHost,
  ): Promise<TokenVerifier> {
    const known = new Map<string, KnownIssuer>();
    let index = 0;
    for (const [name, config] of Object.entries(issuers)) {
      // A set outlives whatever else changes: its provider may be down when it does.
      const keys = host.keepThrough(
        `keys of ${JSON.stringify([name, keySourceOf(config)])}`,
        () => keysOf(name, config, host),
        (each) => each.close(),
      );
      if (config.onStart === 'wait' && !host.checking) await keys.ready();
      const verify = await register(host.app, `issuer${index++}`, config);
      known.set(name, { name, config, keys, verify });
    }
    const verified = host.keep(
      'verified tokens',
      () => new VerifiedTokens(),
      (each) => revocations.unwatch(each),
    );
    revocations.watch(verified);
    return new TokenVerifier(known, verified, revocations);
  }

  /** How the key sets are that are fetched. */
  *keySets(): Generator<PluginState> {
    for (const { keys } of this.#issuers.values()) {
      const state = keys.state();
      if (state !== undefined) yield state;
    }
  }

  /** The bearer of `token`, if one of the issuers `allowed` has verified it before. */
  known(token: string, allowed: readonly string[]): Consumer | undefined {
    const entry = this.#verified.get(token, Date.now(), this.#epochOf);
    return entry !== undefined && allowed.includes(entry.issuer) ? entry.consumer : undefined;
  }

  /**
   * The bearer of `token`, if one of the issuers `allowed` has issued it.
   *
   * @throws GW_TOKEN_INVALID, GW_DEPENDENCY_DOWN
   */
  async verify(
    request: FastifyRequest,
    token: string,
    allowed: readonly string[],
  ): Promise<Consumer> {
    const unverified = peek(token);
    return this.#firstOf(unverified, allowed, async (issuer) =>
      this.#keep(request, token, unverified, issuer),
    );
  }

  /**
   * The same by the keys at hand, and keeps nothing. `fetches` lets it fetch keys that are not there.
   *
   * @returns `undefined` where keys would have to be fetched, and are not
   * @throws GW_TOKEN_INVALID
   */
  async look(
    request: FastifyRequest,
    token: string,
    allowed: readonly string[],
    fetches: boolean,
  ): Promise<Consumer | undefined> {
    const unverified = peek(token);
    return this.#firstOf(unverified, allowed, async (issuer) => {
      const { alg, kid } = unverified;
      let keys = issuer.keys.held({ alg, kid });
      if (keys === undefined && fetches && (await issuer.keys.fetch())) {
        keys = issuer.keys.held({ alg, kid });
        if (keys === undefined) throw refuse('no such key', 'key');
      }
      return keys && this.#consumer(request, token, unverified, issuer, keys);
    });
  }

  /** What `accept` makes of the first issuer that does not refuse. */
  async #firstOf<T>(
    unverified: UnverifiedToken,
    allowed: readonly string[],
    accept: (issuer: KnownIssuer) => Promise<T>,
  ): Promise<T> {
    let refusal: unknown;
    // Mostly there is one; several may share a name, for audiences or keys of their own.
    for (const issuer of this.#issuersOf(unverified, allowed)) {
      try {
        checkClaims(unverified.claims, issuer.config, Date.now());
        return await accept(issuer);
      } catch (error) {
        if (!isGatewayError(error) || error.code !== 'GW_TOKEN_INVALID') throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #consumer(
    request: FastifyRequest,
    token: string,
    unverified: UnverifiedToken,
    { name, config, verify }: KnownIssuer,
    keys: readonly string[],
  ): Promise<Consumer> {
    const { claims } = unverified;
    await this.#verify(request, token, keys, verify);
    // As they are now: keys may have been waited for.
    checkClaims(claims, config, Date.now());
    if (this.#revocations.revoke(name, claims, Date.now()))
      throw refuse('the token was revoked', 'revoked');
    return toConsumer(name, unverified);
  }

  async #keep(
    request: FastifyRequest,
    token: string,
    unverified: UnverifiedToken,
    issuer: KnownIssuer,
  ): Promise<Consumer> {
    const now = Date.now();
    const { name, config, keys } = issuer;
    const { epoch } = keys;
    const { alg, kid, claims } = unverified;
    const found = await keys.find({ alg, kid });
    const consumer = await this.#consumer(request, token, unverified, issuer, found);
    const expiresAt = (claims['exp'] as number) * 1_000 + config.leeway;
    // The first token of all fetches the keys: what it was verified by is known after.
    const verifiedBy = epoch === 0 ? keys.epoch : epoch;
    this.#verified.set(token, { consumer, issuer: name, epoch: verifiedBy, expiresAt }, now);
    return consumer;
  }

  readonly #epochOf = (issuer: string): number => this.#issuers.get(issuer)?.keys.epoch ?? -1;

  /** The issuers that the token names, among those that may have issued it; never none. */
  #issuersOf(
    { issuer, alg, signature }: UnverifiedToken,
    allowed: readonly string[],
  ): readonly KnownIssuer[] {
    const named = allowed
      .flatMap((name) => this.#issuers.get(name) ?? [])
      .filter(({ config }) => config.issuer === issuer);
    if (named.length === 0) throw refuse('the token is from another issuer', 'issuer');
    const accepting = named.filter(({ config }) => config.algorithms.includes(alg as never));
    if (accepting.length === 0)
      throw refuse('the algorithm of the token is not accepted', 'algorithm');
    if (!maySign(alg, signature)) throw refuse('the token is not signed', 'algorithm');
    return accepting;
  }

  /** Has one of the keys signed the token? Mostly there is one. @throws GW_TOKEN_INVALID */
  async #verify(
    request: FastifyRequest,
    token: string,
    candidates: readonly string[],
    verify: Verify,
  ): Promise<void> {
    let reason: unknown;
    for (const key of candidates) {
      attempts.set(request, { token, key });
      try {
        await verify(request);
        return;
      } catch (error) {
        reason = error;
      } finally {
        attempts.delete(request);
      }
    }
    // The package's own words name options and codes.
    throw refuse('the token is not valid', 'signature', reason);
  }
}

async function register(
  app: FastifyInstance,
  namespace: string,
  { issuer, audience, algorithms, leeway }: Issuer,
): Promise<Verify> {
  const verb = `${namespace}Verify`;
  // Loaded where there are issuers.
  const { default: fastifyJwt } = await import('@fastify/jwt');
  await app.register(fastifyJwt, {
    namespace,
    jwtVerify: verb,
    jwtDecode: `${namespace}Decode`,
    jwtSign: `${namespace}Sign`,
    secret: async (request: FastifyRequest) => attempts.get(request)!.key,
    verify: {
      algorithms: inPackageWords(algorithms),
      allowedIss: [issuer],
      ...(audience === undefined ? {} : { allowedAud: [audience].flat() }),
      requiredClaims: ['iss', 'exp', ...(audience === undefined ? [] : ['aud'])],
      clockTolerance: leeway,
      extractToken: (request: FastifyRequest) => attempts.get(request)?.token,
    },
  });
  return (request) => (request as unknown as Record<string, () => Promise<unknown>>)[verb]!();
}
