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
  type Policy,
  type UpstreamRequest,
  withHeader,
} from 'portico';
import { type Options, Options as OptionsSchema, Settings } from './settings.ts';
import { findToken, missing } from './token.ts';
import { TokenVerifier } from './verifier.ts';

export default definePlugin({
  name: 'jwt',
  settings: Settings,
  options: OptionsSchema,
  owns: (_settings, options) => options.flatMap(({ forward }) => Object.values(forward)),
  *check({ issuer }, { issuers }) {
    const known = Object.keys(issuers);
    for (const name of issuer) {
      if (known.includes(name)) continue;
      const message = `no issuer "${name}" under plugins.jwt.issuers${hint(name, known)}`;
      yield { path: ['issuer'], message };
    }
  },
  async register(settings, host) {
    const verifier = await TokenVerifier.create(settings, host);
    return [
      {
        phase: 'authenticate',
        onRequest(request, _reply, options) {
          const token = findToken(request, options.cookie);
          if (token === undefined) {
            if (options.optional) return undefined;
            throw missing();
          }
          // Most tokens have been seen before: nothing to wait for.
          const known = verifier.known(token, options.issuer);
          if (known === undefined) return authenticate(verifier, request, token, options);
          request.consumer = known;
          return undefined;
        },
        policy: ({ forward }) => forwardClaims(Object.entries(forward)),
      },
      {
        phase: ({ scopes }) => (scopes.length > 0 ? 'authorize' : undefined),
        onRequest: ({ consumer }, _reply, options) => requireScopes(consumer, options),
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
function requireScopes(consumer: Consumer | undefined, { scopes, match, optional }: Options): void {
  if (consumer === undefined && optional) return;
  if (consumer !== undefined && holds(consumer.scopes, scopes, match)) return;
  const wanted = scopes.join(' ');
  throw new GatewayError('GW_SCOPE_INSUFFICIENT', `needs ${match} of the scopes: ${wanted}`, {
    headers: {
      'www-authenticate': `Bearer realm="portico", error="insufficient_scope", scope="${wanted}"`,
    },
  });
}

function holds(
  held: ReadonlySet<string>,
  wanted: readonly string[],
  match: 'all' | 'any',
): boolean {
  for (const scope of wanted) {
    if (held.has(scope) !== (match === 'all')) return match === 'any';
  }
  return match === 'all';
}

type Pairs = readonly (readonly [claim: string, field: string])[];

/** Tells upstreams what the token says; absent claims leave the header out. */
function forwardClaims(pairs: Pairs): Policy {
  return (next) => (pairs.length === 0 ? next : (request) => next(withClaims(request, pairs)));
}

function withClaims(request: UpstreamRequest, pairs: Pairs): UpstreamRequest {
  let told = request;
  for (const [claim, field] of pairs) {
    const value = request.consumer?.claims[claim];
    if (typeof value === 'string' || typeof value === 'number') {
      told = withHeader(told, field, headerText(String(value)));
    }
  }
  return told;
}

/** A claim may hold what a header may not: then it goes percent-encoded. */
const headerText = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed());
