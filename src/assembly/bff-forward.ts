/**
 * Serves `app.forward` of a BFF: @fastify/http-proxy registers the routes, and its handler is ours.
 *
 * The package is not left to send requests itself. It would repeat a GET after 503 ten times, tell clients what went
 * wrong with an upstream's socket, not notice that a client leaves, and send another path than the one that was
 * checked. So a request goes the way of a forwarded one: the guarded call, both bodies streamed, the canonical path.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { PlannedCall } from '../actions/plan.ts';
import type { Forward } from '../authoring/forward.ts';
import type { Segment } from '../config/schema/path-pattern.ts';
import type { MutableHeaders } from '../core/headers.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { forwardedHeaders } from '../edge/forwarded.ts';
import { answerBy } from '../routes/answer.ts';
import { ALL, CREDENTIALS } from '../routes/forwarded-fields.ts';
import { compilePathBack } from '../routes/rewrite-back/path-back.ts';
import { type RewriteBack, rewriteBack } from '../routes/rewrite-back/rewrite-back.ts';
import { compileRewrite } from '../routes/rewrite.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';

/** One `app.forward`, on its way to being routes. */
export interface Forwarding extends Forward {
  /** Prefix of the instance that it was called on, below the mount: empty, or such as `/nested`. */
  readonly under: string;
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
export function forwardAction(forward: Forwarding, route: Route, context: ActionContext): Action {
  const { upstream, headers } = forward;
  const { sender, idleTimeoutMs } = route.callOf(upstream);
  return answerBy(sender, {
    // Hooks of the BFF see the answer, as they see any other.
    route: { ...route, replyPath: true },
    isWholeSent: true,
    context,
    upstream,
    path: pathOf(forward),
    back: backOf(forward, route),
    fields: fieldsOf(headers),
    stallMs: idleTimeoutMs,
    isRelayed: true,
  });
}

/** The call that it makes for a request, for explaining. */
export function plannedForward(forward: Forwarding): (exchange: ClientExchange) => PlannedCall {
  const { upstream } = forward;
  const path = pathOf(forward);
  const fields = fieldsOf(forward.headers);
  return (exchange) => {
    const { method, query } = exchange;
    const headers = fields(exchange.headers);
    const call = { name: '', upstream, method, path: path(exchange), query, headers };
    return { ...call, after: [], isRequired: true };
  };
}

/** `undefined`, if heads of answers stay as they are. */
function backOf(forward: Forwarding, route: Route): RewriteBack | undefined {
  if (!forward.rewriteBack) return undefined;
  const { matches, rewrite } = shapeOf(forward, route);
  return rewriteBack({
    ownNames: route.ownNamesOf(forward.upstream),
    path: pathOf(forward),
    pathBack: compilePathBack(matches, rewrite),
  });
}

/** What clients ask for, mount and all, and what is sent for it, as a route would have them. */
function shapeOf({ pattern, under, rewrite }: Forwarding, { config }: Route) {
  const isOpen = pattern.endsWith('*');
  const own = stepsOf(under + pattern).map((text, i): Segment => {
    if (!text.startsWith(':')) return { kind: 'literal', text };
    // Without a rewrite, the names are ours: Fastify's may be what templates do not allow.
    return { kind: 'parameter', name: rewrite === undefined ? `p${i}` : text.slice(1) };
  });
  const matches = config.matches.map(({ path: mount }) => {
    const segments = [...(mount?.segments ?? []), ...own];
    const kind = isOpen ? ('prefix' as const) : ('exact' as const);
    return { path: { text: pattern, kind, segments, parameters: [], trailingSlash: false } };
  });
  const sent = own.map((each) => `/${each.kind === 'literal' ? each.text : `{${each.name}}`}`);
  return { matches, rewrite: rewrite ?? (sent.join('') + (isOpen ? '/*' : '') || '/') };
}

const stepsOf = (path: string): string[] =>
  path
    .replace(/\*$/, '')
    .split('/')
    .filter((step) => step !== '');

function pathOf({
  rewrite: written,
  depth,
  under,
}: Forwarding): (exchange: ClientExchange) => string {
  if (written === undefined) return ({ rest }) => (rest === '' ? '/' : rest);
  const rewrite = compileRewrite(written);
  const above = stepsOf(under).length;
  return ({ path, rest, reply }) => {
    const params = reply!.request.params as Readonly<Record<string, string>>;
    return rewrite({
      path,
      params,
      rest: depth === undefined ? '' : restAfter(rest, above + depth),
    });
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
