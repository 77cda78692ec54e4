/**
 * Admits clients that send a key whose hash the gateway knows, and identifies them: `request.consumer`.
 *
 * A key is looked up by its digest, so that the time this takes reveals nothing about existing keys.
 * The key itself is removed from requests to upstreams.
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
  withoutHeader,
} from 'portico';
import { optionalRisk, unenforced } from '../shared/optional-credential.ts';
import { consumerOf } from './consumer.ts';
import { loosened } from './loosened.ts';
import type { RedisKeys } from './redis-keys.ts';
import {
  digestOf,
  type KeyStore,
  type Options,
  Options as OptionsSchema,
  Settings,
} from './settings.ts';
import { valuesOf, withoutParameter } from './query.ts';

/** No honest key is longer. */
const MAX_KEY_CHARACTERS = 512;
const DEFAULT_HEADER = 'x-api-key';

export default definePlugin({
  name: 'apiKey',
  identifies: true,
  isOptional: ({ optional }) => optional,
  settings: Settings,
  options: OptionsSchema,
  document({ header = DEFAULT_HEADER, query, plans = [], scopes, optional }, { redis }) {
    const scheme =
      query === undefined
        ? { type: 'apiKey', in: 'header', name: header }
        : { type: 'apiKey', in: 'query', name: query };
    const choice = [{ name: `key-${scheme.name}`, scheme, scopes }];
    return {
      security: optional ? [choice, []] : [choice],
      errors: [
        ...(optional ? [] : (['GW_TOKEN_MISSING'] as const)),
        'GW_TOKEN_INVALID',
        ...(plans.length + scopes.length > 0 ? (['GW_SCOPE_INSUFFICIENT'] as const) : []),
        ...(redis === undefined ? [] : (['GW_DEPENDENCY_DOWN'] as const)),
      ],
    };
  },
  *check({ header, query, plans = [], optional, scopes }, settings, others, knownNames) {
    const { consumers, redis } = settings;
    if (header !== undefined && query !== undefined) {
      yield { path: ['query'], message: 'cannot be combined with "header": use one of them' };
    }
    if (optional) yield* unenforced({ scopes, plans }, 'key', knownNames.insistingOn(others));
    // What keys and plans there are in Redis, only Redis knows.
    if (redis !== undefined) return;
    if (Object.keys(consumers).length === 0) {
      const message = 'no key can be valid: set "consumers" or "redis" under plugins.apiKey';
      yield { path: [], message };
      return;
    }
    const known = Object.values(consumers).flatMap(({ plan }) => plan ?? []);
    for (const [i, plan] of plans.entries()) {
      if (known.includes(plan)) continue;
      yield {
        path: ['plans', i],
        message: `no consumer has the plan "${plan}"${hint(plan, known)}`,
      };
    }
  },
  risks: {
    rules: { 'optional-token': 'low' },
    ofOptions: ({ optional }, others, known) => optionalRisk(optional, 'a key', others, known),
  },
  loosened,
  async register({ consumers, redis }, host) {
    const known = consumersByDigest(consumers);
    const stored = redis === undefined ? undefined : await keysIn(redis, host);
    const isKnown: IsKnown = (digest) => known.has(digest) || stored?.has(digest) === true;
    return {
      route: (options) => ({
        phase: 'authenticate',
        onRequest(request) {
          const digest = findDigest(request, options);
          if (digest === undefined) return undefined;
          const consumer = known.get(digest) ?? stored?.find(digest);
          if (consumer instanceof Promise) {
            return consumer.then((found) => admit(request, found, options));
          }
          return admit(request, consumer, options);
        },
        explain(request) {
          const digest = findDigest(request, options);
          if (digest === undefined) return { says: 'there is no key: the client is anonymous' };
          const consumer = known.get(digest) ?? stored?.fresh(digest);
          if (consumer === undefined && stored !== undefined && !stored.isUnknown(digest)) {
            const says = 'was not looked up: a request would ask the store of keys';
            return { says, isCertain: false };
          }
          admit(request, consumer, options);
          return { says: `the key is that of ${consumer?.id}` };
        },
        ...(!options.forward && { policy: () => withoutKey(options, isKnown), isPure: true }),
      }),
      status: () => (stored === undefined ? [] : [stored.state()]),
    };
  },
});

type Known = ReadonlyMap<string, Consumer>;
type IsKnown = (digest: string) => boolean;

function consumersByDigest(consumers: Settings['consumers']): Known {
  return new Map(
    Object.entries(consumers).flatMap(([id, { keys, plan, scopes }]) => {
      const consumer = consumerOf({ id, plan, scopes });
      return keys.map((key) => [key, consumer] as const);
    }),
  );
}

/** Its connection is kept over reloads. */
async function keysIn(settings: KeyStore, host: PluginHost): Promise<RedisKeys> {
  const { url, prefix, cache: cacheMs, timeout: timeoutMs, onError } = settings;
  const options = { url, prefix, cacheMs, timeoutMs, onError };
  // Its client is loaded only where it is wanted.
  const module = await import('./redis-keys.ts');
  const { log, random, lookup, metrics } = host;
  const damaged = metrics.counter(
    'api_key_store_damaged_total',
    'Look-ups of API keys whose entry in the store names no consumer.',
    [],
  );
  const keys = host.keepThrough(
    `keys in ${JSON.stringify(settings)}`,
    () => new module.RedisKeys(options, { log, random, lookup, damaged }, () => performance.now()),
    (each) => each.close(),
  );
  if (!host.checking) await keys.connect();
  return keys;
}

/** `undefined` if there is no key and none is required. @throws GW_TOKEN_MISSING, GW_TOKEN_INVALID */
function findDigest(request: FastifyRequest, options: Options): string | undefined {
  const key = findKey(request, options);
  if (key !== undefined) return digestOf(key);
  if (!options.optional) throw missing(options);
  offerChallenge(request, 'apiKey', challengeOf(options));
  return undefined;
}

/** @throws GW_TOKEN_INVALID, GW_SCOPE_INSUFFICIENT */
function admit(request: FastifyRequest, consumer: Consumer | undefined, options: Options): void {
  if (consumer === undefined) throw refuse('the key is not known', 'unknown', options);
  requirePlan(consumer, options);
  // A token in the same request identifies the consumer better.
  request.consumer ??= consumer;
}

/** @throws GW_TOKEN_INVALID for what can be no key */
function findKey({ raw }: FastifyRequest, options: Options): string | undefined {
  const { header = DEFAULT_HEADER, query } = options;
  const sent: readonly string[] =
    query === undefined
      ? [raw.headers[header] ?? []].flat()
      : valuesOf(raw.url?.split('?').slice(1).join('?') ?? '', query);
  const [key, ...more] = sent.filter((each) => each !== '');
  if (more.length > 0) throw refuse('there is more than one key', 'malformed', options);
  if (key !== undefined && key.length > MAX_KEY_CHARACTERS)
    throw refuse('the key is too long', 'malformed', options);
  return key;
}

/** @throws GW_SCOPE_INSUFFICIENT */
function requirePlan({ scopes, claims }: Consumer, options: Options): void {
  const { plans, scopes: wanted } = options;
  if (plans !== undefined && !plans.includes(String(claims['plan']))) {
    throw new GatewayError('GW_SCOPE_INSUFFICIENT', `needs one of the plans: ${plans.join(', ')}`);
  }
  if (wanted.every((each) => scopes.has(each))) return;
  const detail = `needs all of the scopes: ${wanted.join(' ')}`;
  throw new GatewayError('GW_SCOPE_INSUFFICIENT', detail);
}

/** No scheme is registered for API keys; RFC 9110 §11.6.1 wants one named all the same. */
function challengeOf({ header = DEFAULT_HEADER, query }: Options): string {
  const where = query === undefined ? `header="${header}"` : `query="${encodeURIComponent(query)}"`;
  return `ApiKey realm="portico", ${where}`;
}

function missing(options: Options): GatewayError {
  const { header = DEFAULT_HEADER, query } = options;
  const detail = `send a key as ${query === undefined ? header : `the parameter ${query}`}`;
  const headers = { 'www-authenticate': challengeOf(options) };
  return new GatewayError('GW_TOKEN_MISSING', detail, { headers });
}

/** `reason` is for logs and metrics. */
function refuse(detail: string, reason: 'unknown' | 'malformed', options: Options): GatewayError {
  const challenge = `${challengeOf(options)}, error="invalid_key", error_description="${detail}"`;
  return new GatewayError('GW_TOKEN_INVALID', detail, {
    reason: `key-${reason}`,
    headers: { 'www-authenticate': challenge },
  });
}

/** Requests to upstreams identify the consumer in other ways, if at all. */
function withoutKey({ header = DEFAULT_HEADER, query }: Options, isKnown: IsKnown): Policy {
  const strip =
    query === undefined
      ? (request: UpstreamRequest) => withoutHeader(request, header)
      : (request: UpstreamRequest) => ({
          ...request,
          // A parameter that an aggregate or a BFF sends under that name is not the client's key.
          query: withoutParameter(request.query, query, (value) => isKnown(digestOf(value))),
        });
  return (next) => (request) => next(strip(request));
}
