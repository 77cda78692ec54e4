/**
 * Asks an upstream whether to admit a request: by its fields, never its body.
 *
 * Anything but a clear yes or no admits nobody.
 */
import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FastifyRequest } from 'fastify';
import {
  definePlugin,
  duration,
  fieldName,
  GatewayError,
  hint,
  isGatewayError,
  type PluginCall,
  tellUpstreams,
  type UpstreamResponse,
  z,
} from 'portico';
import { type Copied, Decisions } from './decisions.ts';

/** Fields that clients must be able to send, and that no copy may replace. */
const CLIENTS_OWN =
  /^(accept.*|authorization|connection|content-.*|cookie|expect|host|keep-alive|origin|range|te|trailer|transfer-encoding|upgrade|user-agent)$/;

/** Of a request with a body, or of another connection. */
const FRAMING =
  /^(connection|content-.*|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;

const Options = z
  .strictObject({
    upstream: z.string().describe('Upstream to ask.'),
    path: z
      .string()
      .regex(/^\/[A-Za-z0-9._~/-]*$/, 'must be a plain path, such as /verify')
      .describe('Path to ask, by GET.'),
    headers: z
      .array(
        fieldName().refine((name) => !FRAMING.test(name), {
          error: 'is a connection field: the gateway sets it',
        }),
      )
      .min(1)
      .default(['authorization', 'cookie'])
      .describe('Request header fields to send to it.'),
    copy: z
      .array(
        fieldName().refine((name) => !CLIENTS_OWN.test(name), {
          error: 'is a field that clients send: it would be removed from all their requests',
        }),
      )
      .default([])
      .describe('Fields of its response to pass to upstreams; no client can send them itself.'),
    cache: duration()
      .optional()
      .describe(
        'How long an approval is reused for the same request; if absent, it is asked every time.',
      ),
  })
  .describe('Asks a service of yours whether to admit a request.');
type Options = z.output<typeof Options>;

export default definePlugin({
  name: 'forwardAuth',
  insists: true,
  settings: z.strictObject({}),
  options: Options,
  owns: (_settings, options) => options.flatMap(({ copy }) => copy),
  *check({ upstream }, _settings, _others, { upstreams }) {
    if (upstreams.has(upstream)) return;
    const message = `no upstream "${upstream}"${hint(upstream, [...upstreams])}`;
    yield { path: ['upstream'], message };
  },
  loosened: {
    *ofOptions(before, after) {
      if (before === undefined || after === undefined) return;
      if (before.upstream !== after.upstream || before.path !== after.path) {
        const message = `another service decides who is admitted: ${after.path} of ${after.upstream}`;
        yield { path: ['upstream'], message };
      }
      if (!isDeepStrictEqual(before.headers, after.headers)) {
        const message = `the service decides by other fields: ${after.headers.join(', ')}`;
        yield { path: ['headers'], message };
      }
      if ((after.cache ?? 0) <= (before.cache ?? 0)) return;
      const message = 'an approval holds for longer after the service would refuse';
      yield { path: ['cache'], message, severity: 'low' };
    },
  },
  register: (_settings, host) => ({
    route(options) {
      const ask = host.callOf(options.upstream);
      const decisions = new Decisions();
      const { cache: cacheMs } = options;
      return {
        phase: 'authenticate',
        onRequest(request) {
          const question = questionOf(request, options);
          const key = cacheMs === undefined ? '' : keyOf(request, question);
          const known = key === '' ? undefined : decisions.get(key, performance.now());
          if (known !== undefined) return tell(request, known);
          return decide(ask, request, options, question).then((copied) => {
            if (key !== '') decisions.set(key, copied, performance.now() + (cacheMs ?? 0));
            tell(request, copied);
          });
        },
        explain(request) {
          const question = questionOf(request, options);
          const key = cacheMs === undefined ? '' : keyOf(request, question);
          const known = key === '' ? undefined : decisions.get(key, performance.now());
          if (known === undefined) {
            const says = `was not asked: a request would make a call to ${options.upstream}`;
            return { says, isCertain: false };
          }
          tell(request, known);
          return { says: 'was approved not long ago' };
        },
      };
    },
  }),
});

type Question = Readonly<Record<string, string | string[]>>;

/** The named fields of the client, and its request. The query may hold secrets and is left out. */
function questionOf({ raw, method, gateway }: FastifyRequest, { headers }: Options): Question {
  const told = headers.flatMap((name) => {
    const value = raw.headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(told),
    'x-forwarded-method': method,
    'x-forwarded-uri': gateway.path,
  };
}

/** All that the answer may depend on; as a digest, so that no credential is kept. */
function keyOf({ gateway: { host, address, scheme } }: FastifyRequest, question: Question): string {
  return hash('sha256', JSON.stringify([host, address, scheme, question]), 'base64');
}

/** @throws GW_TOKEN_MISSING, GW_TOKEN_INVALID, GW_SCOPE_INSUFFICIENT, GW_DEPENDENCY_DOWN */
async function decide(
  ask: PluginCall,
  request: FastifyRequest,
  { path, headers, copy }: Options,
  question: Question,
): Promise<Copied> {
  const response = await ask(request, { path, headers: question }).catch((error: unknown) => {
    if (isGatewayError(error) && error.code === 'GW_CLIENT_CLOSED') throw error;
    throw down(error);
  });
  // The head is enough; the rest is not awaited.
  void response.body.dump();
  const { status } = response;
  if (status >= 200 && status < 300) {
    return copy.flatMap((name) => {
      const value = response.headers[name];
      return value === undefined ? [] : [[name, [value].flat().join(', ')] as const];
    });
  }
  if (status === 401) {
    throw unauthenticated(
      response,
      headers.some((name) => name in question),
    );
  }
  if (status === 403) {
    throw new GatewayError('GW_SCOPE_INSUFFICIENT', 'the authentication service refuses', {
      headers: challengeOf(response),
    });
  }
  throw down();
}

function unauthenticated(response: UpstreamResponse, hasCredentials: boolean): GatewayError {
  const headers = { 'www-authenticate': 'Bearer realm="portico"', ...challengeOf(response) };
  return hasCredentials
    ? new GatewayError('GW_TOKEN_INVALID', 'the authentication service refuses', { headers })
    : new GatewayError('GW_TOKEN_MISSING', 'send credentials', { headers });
}

function challengeOf({ headers }: UpstreamResponse): Readonly<Record<string, string>> {
  const challenge = headers['www-authenticate'];
  return challenge === undefined ? {} : { 'www-authenticate': [challenge].flat().join(', ') };
}

function down(cause?: unknown): GatewayError {
  const detail = 'the authentication service is not available';
  return new GatewayError('GW_DEPENDENCY_DOWN', detail, { cause, retryAfterMs: 1_000 });
}

function tell(request: FastifyRequest, copied: Copied): void {
  for (const [name, value] of copied) tellUpstreams(request, name, value);
}
