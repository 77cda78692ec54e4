/**
 * Serves `app.forward` of a BFF: @fastify/http-proxy registers the routes, and its handler is ours.
 *
 * The package is not left to send requests itself. It would repeat a GET after 503 ten times, tell clients what went
 * wrong with an upstream's socket, not notice that a client leaves, and send another path than the one that was
 * checked. So a request goes the way of a forwarded one: the guarded call, both bodies streamed, the canonical path.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { Forward } from '../authoring/forward.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { forwardedHeaders } from '../edge/forwarded.ts';
import { answerBy } from '../routes/answer.ts';
import { ALL, CREDENTIALS } from '../routes/forwarded-fields.ts';
import { compileRewrite } from '../routes/rewrite.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';

/** One `app.forward`, on its way to being routes. */
export interface Forwarding extends Forward {
  /** Set when its routes are added. */
  action: Action | undefined;
}

/** Adds its routes to `scope`. `config` is on each of them, so that the mount knows them again. */
export async function addForward(
  scope: FastifyInstance,
  forwarding: Forwarding,
  config: object,
): Promise<void> {
  const { default: httpProxy } = await import('@fastify/http-proxy');
  // Whatever the type: the package's own parser passes the stream on.
  scope.removeAllContentTypeParsers();
  await scope.register(httpProxy, {
    // Nothing is sent there; the package wants one, and compares paths with it.
    upstream: 'http://upstream.invalid',
    preRewrite: () => '/',
    routes: [...forwarding.urls],
    httpMethods: [...forwarding.methods] as never,
    config,
    handler: function forwardRequest(request: FastifyRequest, reply: FastifyReply): void {
      forwarding.action!(request, reply, (error) => void reply.send(error));
    },
  });
}

/** What a route of it does, under the options of its endpoint. */
export function forwardAction(forward: Forward, route: Route, context: ActionContext): Action {
  const { upstream, headers } = forward;
  const { sender, idleTimeoutMs } = route.callOf(upstream);
  return answerBy(sender, {
    // Hooks of the BFF see the answer, as they see any other.
    route: { ...route, replyPath: true },
    isWholeSent: true,
    context,
    upstream,
    path: pathOf(forward),
    fields: fieldsOf(headers),
    stallMs: idleTimeoutMs,
    isRelayed: true,
  });
}

function pathOf({ rewrite: written, depth }: Forward): (exchange: ClientExchange) => string {
  if (written === undefined) return ({ rest }) => (rest === '' ? '/' : rest);
  const rewrite = compileRewrite(written);
  return ({ path, rest, reply }) => {
    const params = reply!.request.params as Readonly<Record<string, string>>;
    return rewrite({ path, params, rest: depth === undefined ? '' : restAfter(rest, depth) });
  };
}

/** What follows the first `depth` segments of `path`: with its slash, or nothing. */
function restAfter(path: string, depth: number): string {
  let at = 0;
  for (let i = 0; i < depth; i++) {
    at = path.indexOf('/', at + 1);
    if (at < 0) return '';
  }
  return path.slice(at);
}

function fieldsOf(names: readonly string[]): (headers: IncomingHttpHeaders) => MutableHeaders {
  const named = new Set(names);
  const isAll = named.has(ALL);
  const isPassed = (name: string): boolean =>
    named.has(name) ||
    name.startsWith('content-') ||
    name === 'via' ||
    name === 'te' ||
    (isAll && !CREDENTIALS.has(name));
  return (headers) => {
    const out = forwardedHeaders(headers);
    for (const name in out) if (!isPassed(name)) delete out[name];
    return out;
  };
}
