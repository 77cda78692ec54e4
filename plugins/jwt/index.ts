/**
 * Lets in who bears a token of an issuer we trust (RFC 6750, RFC 8725), and says who that is:
 * `request.consumer`.
 */
import type { FastifyRequest } from 'fastify';
import {
  type Consumer,
  definePlugin,
  GatewayError,
  hint,
  offerChallenge,
  type PluginHost,
  type Policy,
  type UpstreamRequest,
  withHeader,
} from 'portico';
import { claimReader, type ReadClaim, rolesOf } from './claims.ts';
import { Revocation, Revocations } from './revocations.ts';
import { type Options, Options as OptionsSchema, Settings, type SharedList } from './settings.ts';
import type { SharedRevocations } from './shared-revocations.ts';
import { CHALLENGE, findToken, missing } from './token.ts';
import { unasked } from './unasked.ts';
import { TokenVerifier } from './verifier.ts';

export default definePlugin({
  name: 'jwt',
  identifies: true,
  settings: Settings,
  options: OptionsSchema,
  pemFiles: ['issuers.*.key'],
  owns: (_settings, options) => options.flatMap(({ forward }) => Object.values(forward)),
  *check({ issuer, optional, scopes, roles }, { issuers }, others) {
    const known = Object.keys(issuers);
    for (const name of issuer) {
      if (known.includes(name)) continue;
      const message = `no issuer "${name}" under plugins.jwt.issuers${hint(name, known)}`;
      yield { path: ['issuer'], message };
    }
    if (optional) yield* unasked({ scopes, roles }, 'token', others);
  },
  async register(settings, host) {
    const revocations = host.keepThrough('revocations', () => new Revocations());
    const verifier = await TokenVerifier.create(settings, revocations, host);
    const shared = await sharedBy(settings.revocations, revocations, host);
    host.admin.post('/revocations', Revocation, async (revocation) => {
      checkIssuer(revocation, settings);
      await (shared ?? revocations).add(revocation, Date.now());
      return { revocations: revocations.size };
    });
    return [
      {
        phase: 'authenticate',
        onRequest(request, _reply, options) {
          const token = findToken(request, options.cookie);
          if (token === undefined) {
            if (!options.optional) throw missing();
            offerChallenge(request, 'jwt', CHALLENGE);
            return undefined;
          }
          // Most tokens have been seen before: nothing to wait for.
          const known = verifier.known(token, options.issuer);
          if (known === undefined) return authenticate(verifier, request, token, options);
          request.consumer = known;
          return undefined;
        },
        policy: ({ forward }) => forwardClaims(forward),
      },
      {
        phase: ({ scopes, roles }) => (scopes.length + roles.length > 0 ? 'authorize' : undefined),
        onRequest({ consumer }, _reply, options) {
          if (consumer === undefined && options.optional) return;
          requireScopes(consumer, options);
          requireRoles(consumer, options, settings);
        },
      },
    ];
  },
});

async function authenticate(
  verifier: TokenVerifier,
  request: FastifyRequest,
  token: string,
  { issuer }: Options,
): Promise<void> {
  request.consumer = await verifier.verify(request, token, issuer);
}

/** @throws GW_SCOPE_INSUFFICIENT (RFC 6750 §3.1) */
function requireScopes(consumer: Consumer | undefined, { scopes, match }: Options): void {
  if (consumer !== undefined && holds(consumer.scopes, scopes, match)) return;
  const wanted = scopes.join(' ');
  throw insufficient(`needs ${match} of the scopes: ${wanted}`, `scope="${wanted}"`);
}

/** @throws GW_SCOPE_INSUFFICIENT */
function requireRoles(
  consumer: Consumer | undefined,
  { roles, match, rolesClaim }: Options,
  { issuers }: Settings,
): void {
  if (roles.length === 0) return;
  const path = rolesClaim ?? issuers[consumer?.issuer ?? '']?.rolesClaim ?? 'roles';
  const held = rolesOf(claimReader(path)(consumer?.claims ?? {}));
  if (holds(held, roles, match)) return;
  const detail = `needs ${match} of the roles: ${roles.join(', ')}`;
  throw insufficient(detail, `error_description="${detail}"`);
}

function insufficient(detail: string, what: string): GatewayError {
  const challenge = `Bearer realm="portico", error="insufficient_scope", ${what}`;
  const headers = { 'www-authenticate': challenge };
  return new GatewayError('GW_SCOPE_INSUFFICIENT', detail, { headers });
}

/** Nothing wanted is held by anybody. */
function holds(
  held: ReadonlySet<string>,
  wanted: readonly string[],
  match: 'all' | 'any',
): boolean {
  if (wanted.length === 0) return true;
  for (const scope of wanted) {
    if (held.has(scope) !== (match === 'all')) return match === 'any';
  }
  return match === 'all';
}

/** @throws GW_REQUEST_INVALID for an issuer that nobody configured */
function checkIssuer(revocation: Revocation, { issuers }: Settings): void {
  if ('issuer' in revocation && !Object.hasOwn(issuers, revocation.issuer)) {
    const near = hint(revocation.issuer, Object.keys(issuers));
    throw new GatewayError('GW_REQUEST_INVALID', `no issuer "${revocation.issuer}"${near}`);
  }
}

/** Loaded by the time it is had, unless Redis is away; kept over reloads, as the list itself is. */
async function sharedBy(
  settings: SharedList | undefined,
  revocations: Revocations,
  host: PluginHost,
): Promise<SharedRevocations | undefined> {
  if (settings === undefined) return undefined;
  const { redis: url, prefix, refresh: refreshMs } = settings;
  // Its client is loaded only where it is wanted.
  const module = await import('./shared-revocations.ts');
  const shared = host.keepThrough(
    `revocations in ${JSON.stringify(settings)}`,
    () => new module.SharedRevocations(revocations, { url, prefix, refreshMs }, host),
    (each) => each.close(),
  );
  await shared.start();
  return shared;
}

type Told = readonly (readonly [read: ReadClaim, field: string])[];

/** Tells upstreams what the token says; absent claims leave the header out. */
function forwardClaims(forward: Options['forward']): Policy {
  const told = Object.entries(forward).map(
    ([claim, field]) => [claimReader(claim), field] as const,
  );
  return (next) => (told.length === 0 ? next : (request) => next(withClaims(request, told)));
}

function withClaims(request: UpstreamRequest, fields: Told): UpstreamRequest {
  const { consumer } = request;
  if (consumer === undefined) return request;
  let told = request;
  for (const [read, field] of fields) {
    const value = read(consumer.claims);
    if (typeof value === 'string' || typeof value === 'number') {
      told = withHeader(told, field, headerText(String(value)));
    }
  }
  return told;
}

/** A claim may hold what a header may not: then it goes percent-encoded. */
const headerText = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
