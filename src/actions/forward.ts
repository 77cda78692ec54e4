/**
 * Sends a client's request to one upstream, and its answer back: both bodies stream.
 *
 * Runs as the last `onRequest` hook and takes the reply over, so that Fastify never parses the body:
 * its parsers answer 415 to odd content types and give no body on GET.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call, UpstreamResponse } from '../core/call.ts';
import type { ActionConfig } from '../config/actions.ts';
import { defined } from '../config/build/upstream.ts';
import { checkSentPath, checkTarget } from '../config/check/template.ts';
import { isMap } from '../config/yaml/tree.ts';
import { shown } from '../config/schema/types.ts';
import { hasBody } from '../edge/client-headers.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { isLeft, openUpload } from '../edge/client-upload.ts';
import { forwardedHeaders, upstreamHost } from '../edge/forwarded.ts';
import { takeGrpcTrailers } from '../edge/grpc-trailers.ts';
import { relayedHeaders, type ResponseHead } from '../edge/response-head.ts';
import { isGatewayError } from '../core/errors.ts';
import type { Upload } from '../core/upload.ts';
import { answerDirectly } from '../routes/direct-answer.ts';
import { z } from 'zod';
import { defineAction } from './action.ts';
import { buildFallback, Fallback, type FallbackConfig, withFallback } from './fallback.ts';
import { sendOnReplyPath } from '../routes/reply-path.ts';
import { compileRewrite } from '../routes/rewrite.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { upstreamRequest } from '../routes/upstream-request.ts';

interface ForwardConfig extends ActionConfig {
  readonly kind: 'forward';
  readonly upstream: string;
  readonly rewrite?: string;
  readonly fallback?: FallbackConfig;
}

export const forward = defineAction({
  key: 'upstream',
  kind: 'forward',
  schema: z.string().describe('Action: forward to this upstream.'),
  beside: {
    rewrite: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .optional()
      .describe(
        'Path sent upstream: `/orders/*` replaces the prefix, `/orders/{id}` uses parameters.',
      ),
    fallback: Fallback.optional(),
  },
  callsUpstreams: true,
  readsBody: true,
  *check({ route, at, matches, checkUpstream }) {
    const { upstream, rewrite, fallback } = route;
    if (typeof upstream === 'string') yield* checkUpstream(upstream, [...at, 'upstream']);
    if (typeof rewrite === 'string') {
      yield* checkTarget(rewrite, [...at, 'rewrite'], matches);
      yield* checkSentPath(rewrite, [...at, 'rewrite']);
    }
    if (!isMap(fallback) || typeof fallback['upstream'] !== 'string') return;
    const path = [...at, 'fallback', 'upstream'];
    yield* checkUpstream(fallback['upstream'], path);
    if (fallback['upstream'] === upstream) {
      yield { path, message: 'is the upstream that it stands in for' };
    }
  },
  build: (upstream, { rewrite, fallback }): ForwardConfig =>
    defined({
      kind: 'forward' as const,
      upstream,
      rewrite,
      fallback: fallback && buildFallback(fallback),
    }),
  describe: ({ upstream }) => `forward to ${upstream}`,
  create: forwarding,
});

function forwarding(route: Route, action: ForwardConfig, context: ActionContext): Action {
  const { bodyLimitBytes } = route.config;
  const { call: primary, config, keyOf, idleTimeoutMs } = route.callOf(action.upstream);
  const { fallback } = action;
  const call = fallback === undefined ? primary : fallingBack(primary, fallback, route, context);
  const rewrite = compileRewrite(action.rewrite);
  const upload = { ...context, limitBytes: bodyLimitBytes, stallMs: idleTimeoutMs };

  return async function forwarded(request, reply) {
    const exchange = exchangeOf(request.raw);
    const headers = forwardedHeaders(request.raw.headers, exchange);
    const host = upstreamHost(config.host, exchange);
    if (host !== undefined) headers['host'] = host;
    // Named in the access log even where no call comes about.
    exchange.notes.upstream = action.upstream;
    const body = hasBody(request.raw) ? openUpload(request, reply, exchange, upload) : undefined;
    const response = await call(
      upstreamRequest(exchange, {
        upstream: action.upstream,
        method: exchange.method,
        path: rewrite({ path: exchange.path, params: exchange.params, rest: exchange.rest }),
        query: exchange.query,
        headers,
        body,
        signal: exchange.signal,
        key: keyOf?.(request),
        deadlineAt: Number.POSITIVE_INFINITY,
        notes: exchange.notes,
      }),
    );
    deliver(route, context, { request, reply, exchange, response, upload: body });
  };
}

/** `call`, with what stands in for it. */
function fallingBack(
  call: Call,
  config: FallbackConfig,
  route: Route,
  { clock, onFallback }: ActionContext,
): Call {
  return withFallback(call, {
    config,
    clock,
    callOf: (upstream) => callInstead(upstream, route),
    onFallback: (reason) => onFallback(route.config.name, reason),
  });
}

/** Another upstream under the same route: what was said of the first does not hold for it. */
function callInstead(upstream: string, route: Route): Call {
  const { call, config } = route.callOf(upstream);
  return (request) => {
    const { host: _first, ...headers } = request.headers;
    const host = config.host === 'client' ? request.headers['x-forwarded-host'] : config.host;
    const named = host === 'target' || host === undefined ? headers : { ...headers, host };
    return call({ ...request, upstream, headers: named, attempt: 1, tried: [] });
  };
}

interface Delivery {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly exchange: ClientExchange;
  readonly response: UpstreamResponse;
  readonly upload: Upload | undefined;
}

function deliver(route: Route, context: ActionContext, delivery: Delivery): void {
  const { request, reply, exchange, response, upload } = delivery;
  // Broken while it was kept for a retry that came to nothing: no head has gone out, so it can be told.
  if (response.body.error !== undefined) throw response.body.error;
  const head: ResponseHead = {
    status: response.status,
    headers: relayedHeaders(response.headers),
  };
  if (request.raw.httpVersionMajor === 2) {
    const trailers = takeGrpcTrailers(head.headers);
    if (trailers !== undefined) response.body.trail(trailers);
  }
  upload?.forget();
  if (upload !== undefined && isLeft(request.raw, upload)) leaveUpload(head, upload, response);
  response.body.onClose((error) => {
    exchange.bytesSent = response.body.received;
    if (error !== undefined && isGatewayError(error)) exchange.code ??= error.code;
  });
  if (route.replyPath) sendOnReplyPath(reply, head, response.body);
  else answerDirectly(route, context, { request, reply, head, body: response.body });
}

/** The answer came before the request was whole: the connection cannot be used again. */
function leaveUpload(head: ResponseHead, upload: Upload, response: UpstreamResponse): void {
  head.headers['connection'] = 'close';
  response.body.onClose(() => {
    if (!upload.isEnded) upload.discard();
  });
}
