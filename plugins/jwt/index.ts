/**
 * Admits bearers of a valid token from a trusted issuer (RFC 6750, RFC 8725), and identifies the consumer:
 * `request.consumer`.
 */
import type { FastifyRequest } from 'fastify';
import {
  claimReader,
  claimText,
  type Consumer,
  definePlugin,
  GatewayError,
  hint,
  offerChallenge,
  type PluginHooks,
  type PluginHost,
  type Policy,
  type RequestHook,
  type UpstreamRequest,
  withHeader,
  type ReadClaim,
} from 'portico';
import { oneOrMoreTexts } from '../shared/listed-claims.ts';
import { unenforced } from '../shared/optional-credential.ts';
import { Revocation, Revocations } from './revocations.ts';
import { document } from './document.ts';
import { explainToken } from './explain-token.ts';
import { loosened } from './loosened.ts';
import { risks } from './risks.ts';
import { type Options, Options as OptionsSchema, Settings, type SharedList } from './settings.ts';
import type { SharedRevocations } from './shared-revocations.ts';
import { CHALLENGE, findToken, missing } from './token.ts';
import { TokenVerifier } from './verifier.ts';

export default definePlugin({
  name: 'jwt',
  identifies: true,
  settings: Settings,
  options: OptionsSchema,
  isOptional: ({ optional }) => optional,
  pemFiles: ['issuers.*.key'],
  owns: (_settings, options) => options.flatMap(({ forward }) => Object.values(forward)),
  *check({ issuer, optional, scopes, roles }, { issuers }, others, knownNames) {
    const known = Object.keys(issuers);
    for (const name of issuer) {
      if (known.includes(name)) continue;
      const message = `no issuer "${name}" under plugins.jwt.issuers${hint(name, known)}`;
      yield { path: ['issuer'], message };
    }
    if (optional) yield* unenforced({ scopes, roles }, 'token', knownNames.insistingOn(others));
  },
  document,
  risks,
  loosened,
  async register(settings, host) {
    const revocations = host.keepThrough('revocations', () => new Revocations());
    const verifier = await TokenVerifier.create(settings, revocations, host);
    const shared = await sharedBy(settings.revocations, revocations, host);
    host.admin.post('/revocations', Revocation, async (revocation) => {
      checkIssuer(revocation, settings);
      await (shared ?? revocations).add(revocation, Date.now());
      return { revocations: revocations.size };
    });
    return {
      route(options) {
        const { issuer, optional, scopes, roles, forward } = options;
        const authenticating: PluginHooks = {
          phase: 'authenticate',
          onRequest(request) {
            const token = findToken(request, options);
            if (token === undefined) {
              if (!optional) throw missing();
              offerChallenge(request, 'jwt', CHALLENGE);
              return undefined;
            }
            // Most tokens have been seen before: nothing to wait for.
            const known = verifier.known(token, issuer);
            if (known === undefined) return authenticate(verifier, request, token, issuer);
            request.consumer = known;
            return undefined;
          },
          explain(request) {
            const token = findToken(request, options);
            if (token !== undefined) {
              const fetches = host.checking;
              return explainToken(verifier, request, { token, allowed: issuer, fetches });
            }
            if (!optional) throw missing();
            offerChallenge(request, 'jwt', CHALLENGE);
            return { says: 'there is no token: the client is anonymous' };
          },
          ...(Object.keys(forward).length > 0 && {
            policy: () => forwardClaims(forward),
            isPure: true,
          }),
        };
        if (scopes.length + roles.length === 0) return authenticating;
        const requireRoles = rolesGuard(options, settings);
        const requireRights: RequestHook = ({ consumer }) => {
          if (consumer === undefined && optional) return;
          requireScopes(consumer, options);
          requireRoles(consumer);
        };
        const authorizing: PluginHooks = {
          phase: 'authorize',
          onRequest: requireRights,
          explain: requireRights,
        };
        return [authenticating, authorizing];
      },
      *status() {
        yield* verifier.keySets();
        if (shared !== undefined) yield shared.state();
      },
    };
  },
});

async function authenticate(
  verifier: TokenVerifier,
  request: FastifyRequest,
  token: string,
  issuer: Options['issuer'],
): Promise<void> {
  request.consumer = await verifier.verify(request, token, issuer);
}

/** @throws GW_SCOPE_INSUFFICIENT (RFC 6750 §3.1) */
function requireScopes(consumer: Consumer | undefined, { scopes, match }: Options): void {
  if (consumer !== undefined && holds(consumer.scopes, scopes, match)) return;
  const wanted = scopes.join(' ');
  throw insufficient(`needs ${match} of the scopes: ${wanted}`, `scope="${wanted}"`);
}

/** Says whether a consumer holds the roles; where an issuer keeps them is its own. */
function rolesGuard({ roles, match, rolesClaim }: Options, { issuers }: Settings) {
  const reader = (issuer?: string): ReadClaim =>
    claimReader(rolesClaim ?? issuers[issuer ?? '']?.rolesClaim ?? 'roles');
  const readers = new Map(Object.keys(issuers).map((name) => [name, reader(name)]));
  const standard = reader();
  /** @throws GW_SCOPE_INSUFFICIENT */
  return function requireRoles(consumer: Consumer | undefined): void {
    if (roles.length === 0) return;
    const read = readers.get(consumer?.issuer ?? '') ?? standard;
    if (holds(oneOrMoreTexts(read(consumer?.claims ?? {})), roles, match)) return;
    const detail = `needs ${match} of the roles: ${roles.join(', ')}`;
    throw insufficient(detail, `error_description="${detail}"`);
  };
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

/** @throws GW_REQUEST_INVALID for an issuer that is not configured */
function checkIssuer(revocation: Revocation, { issuers }: Settings): void {
  if ('issuer' in revocation && !Object.hasOwn(issuers, revocation.issuer)) {
    const near = hint(revocation.issuer, Object.keys(issuers));
    throw new GatewayError('GW_REQUEST_INVALID', `no issuer "${revocation.issuer}"${near}`);
  }
}

/** Already loaded when it is returned, unless Redis is down; kept over reloads, as the list itself is. */
async function sharedBy(
  settings: SharedList | undefined,
  revocations: Revocations,
  host: PluginHost,
): Promise<SharedRevocations | undefined> {
  if (settings === undefined) return undefined;
  const { redis: url, prefix, refresh: refreshMs } = settings;
  // Its client is loaded only where it is wanted.
  const module = await import('./shared-revocations.ts');
  const { log, random, lookup, metrics } = host;
  const damaged = metrics.counter(
    'revocation_store_damaged_total',
    'Entries of the shared list that were not revocations, and were replaced.',
    [],
  );
  const options = { url, prefix, refreshMs };
  const shared = host.keepThrough(
    `revocations in ${JSON.stringify(settings)}`,
    () => new module.SharedRevocations(revocations, options, { log, random, lookup, damaged }),
    (each) => each.close(),
  );
  if (!host.checking) await shared.start();
  return shared;
}

type Told = readonly (readonly [read: ReturnType<typeof claimText>, field: string])[];

/** Tells upstreams what the token says; absent claims leave the header out. */
function forwardClaims(forward: Options['forward']): Policy {
  const told = Object.entries(forward).map(([claim, field]) => [claimText(claim), field] as const);
  return (next) => (request) => next(withClaims(request, told));
}

function withClaims(request: UpstreamRequest, fields: Told): UpstreamRequest {
  const { consumer } = request;
  if (consumer === undefined) return request;
  let told = request;
  for (const [read, field] of fields) {
    const text = read(consumer.claims);
    if (text !== undefined) told = withHeader(told, field, headerText(text));
  }
  return told;
}

/** A claim may hold what a header may not: then it goes percent-encoded. */
const headerText = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
