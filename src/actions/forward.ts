/** Sends a client's request to one upstream and the answer back; both bodies stream. */
import { z } from 'zod';
import type { ActionConfig } from '../config/actions.ts';
import { defined } from '../config/build/upstream.ts';
import { isMap } from '../config/yaml/tree.ts';
import type { Call } from '../core/call.ts';
import { reporting } from '../core/compose.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { asksForSocket } from '../edge/client-upgrade.ts';
import { forwardedHeaders } from '../edge/forwarded.ts';
import { checkHandshake, checkOrigin } from '../edge/handshake.ts';
import { answerBy } from '../routes/answer.ts';
import type { StreamConfig } from '../routes/answer-stream.ts';
import { compileRewrite, type RewriteConfig } from '../routes/rewrite.ts';
import { compilePathBack } from '../routes/rewrite-back/path-back.ts';
import { type RewriteBack, rewriteBack } from '../routes/rewrite-back/rewrite-back.ts';
import { openSocket, type WebsocketConfig } from '../routes/websocket.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { forwardedOperations } from '../openapi/forwarded.ts';
import { merged, mergedOperations, mergedResponses, operationKey } from '../openapi/merge.ts';
import { type Describing, type Operation, response } from '../openapi/operation.ts';
import { defineAction } from './action.ts';
import {
  buildFallback,
  Fallback,
  type FallbackConfig,
  planFallback,
  withFallback,
} from './fallback.ts';
import { buildMirrors, checkMirrors, WrittenMirrors } from './mirror-options.ts';
import { mirrored, mirrorWords, planMirrors } from './mirrored.ts';
import type { Planner } from './plan.ts';
import { answerOf, checkRespond } from './respond.ts';
import { checkRewrite, Rewrite, RewrittenBack } from './rewrite-options.ts';
import { buildStream, checkStream, Stream } from './stream-options.ts';
import { streamLoosenings, streamRisks } from './stream-risks.ts';
import { buildWebsocket, Websocket } from './websocket-options.ts';

interface ForwardConfig extends ActionConfig {
  readonly kind: 'forward';
  readonly upstream: string;
  readonly rewrite?: RewriteConfig;
  /** Absent: heads of answers stay as the upstream wrote them. */
  readonly rewriteBack?: true;
  readonly fallback?: FallbackConfig;
  /** Absent: no WebSockets. */
  readonly websocket?: WebsocketConfig;
  /** Absent: streams are bounded as other answers are, apart from their total time. */
  readonly stream?: StreamConfig;
}

export const forward = defineAction({
  key: 'upstream',
  kind: 'forward',
  schema: z.string().describe('Action: forward to this upstream.'),
  beside: {
    rewrite: Rewrite.optional(),
    rewriteBack: RewrittenBack,
    fallback: Fallback.optional(),
    websocket: Websocket.optional(),
    stream: Stream.optional(),
    mirror: WrittenMirrors.optional(),
  },
  callsUpstreams: true,
  readsBody: true,
  *check(written) {
    const { route, at, files, checkUpstream } = written;
    yield* checkMirrors(written);
    const { upstream, fallback } = route;
    if (typeof upstream === 'string') yield* checkUpstream(upstream, [...at, 'upstream']);
    yield* checkRewrite(written);
    yield* checkStream(route['stream'], [...at, 'stream']);
    if (!isMap(fallback)) return;
    yield* checkRespond(fallback['respond'], { at: [...at, 'fallback', 'respond'], files });
    if (typeof fallback['upstream'] !== 'string') return;
    const path = [...at, 'fallback', 'upstream'];
    yield* checkUpstream(fallback['upstream'], path);
    if (fallback['upstream'] === upstream) {
      yield { path, message: 'is the same upstream that it replaces' };
    }
  },
  build: (
    upstream,
    { rewrite, rewriteBack: isBack, fallback, websocket, stream, mirror },
    _route,
    { at, files },
  ): ForwardConfig =>
    defined({
      kind: 'forward' as const,
      upstream,
      rewrite,
      rewriteBack: isBack === true ? (true as const) : undefined,
      fallback: fallback && buildFallback(fallback, { at: [...at, 'fallback'], files }),
      mirrors: mirror && buildMirrors(mirror),
      ...opensSockets(websocket && buildWebsocket(websocket)),
      stream: stream && buildStream(stream),
      overrides: stream?.idle === undefined ? undefined : { streamIdleMs: stream.idle },
    }),
  describe: ({ upstream, websocket, mirrors }) =>
    `forward to ${upstream}${websocket === undefined ? '' : ', WebSockets too'}${mirrorWords(mirrors)}`,
  upstreams: ({ upstream, fallback, mirrors = [] }) => [
    upstream,
    ...(fallback?.kind === 'upstream' ? [fallback.upstream] : []),
    ...mirrors.map((mirror) => mirror.upstream),
  ],
  risks: streamRisks,
  loosened: streamLoosenings,
  document: documentForward,
  create: forwarding,
  plan: planForward,
});

const opensSockets = (websocket: WebsocketConfig | false | undefined) =>
  websocket === undefined || websocket === false ? undefined : { websocket, opensSockets: true };

function forwarding(route: Route, action: ForwardConfig, context: ActionContext): Action {
  const { websocket, upstream } = action;
  const plain = forwardingPlain(route, action, context);
  if (websocket === undefined) return plain;
  const sender = route.tunnelOf(upstream);
  const path = pathOf(action);
  const back = backOf(action, route);
  const open = openSocket({ route, context, upstream, config: websocket, path, sender, back });
  return function forwarded(request, reply, fail) {
    (asksForSocket(request.raw) ? open : plain)(request, reply, fail);
  };
}

function forwardingPlain(route: Route, action: ForwardConfig, context: ActionContext): Action {
  const { upstream, fallback, stream } = action;
  const { call, sender, idleTimeoutMs } = route.callOf(upstream);
  const guarded =
    fallback === undefined ? sender : reporting(fallingBack(call, fallback, route, context));
  return answerBy(mirrored(guarded, action, route, context), {
    route,
    context,
    upstream,
    path: pathOf(action),
    stallMs: idleTimeoutMs,
    isRelayed: true,
    stream,
    back: backOf(action, route),
  });
}

/** `undefined`, if heads of answers stay as they are. */
function backOf(action: ForwardConfig, route: Route): RewriteBack | undefined {
  if (action.rewriteBack !== true) return undefined;
  const { upstream, fallback, rewrite } = action;
  const callees = [upstream, ...(fallback?.kind === 'upstream' ? [fallback.upstream] : [])];
  return rewriteBack({
    ownNames: new Set(callees.flatMap((name) => [...route.ownNamesOf(name)])),
    path: pathOf(action),
    pathBack: compilePathBack(route.config.matches, rewrite),
  });
}

/** The path that is sent for a request. */
function pathOf({ rewrite: written }: ForwardConfig): (exchange: ClientExchange) => string {
  const rewrite = compileRewrite(written);
  return ({ path, params, rest }) => rewrite({ path, params, rest });
}

/** Its upstream's operations, and those of what stands in for it. */
function documentForward(
  { upstream, rewrite, fallback, websocket }: ForwardConfig,
  describing: Describing,
): readonly Operation[] {
  const own = mergedOperations([forwardedOperations({ upstream, rewrite }, describing)]);
  const standIns =
    fallback?.kind === 'upstream'
      ? forwardedOperations({ upstream: fallback.upstream, rewrite }, describing)
      : [];
  const byKey = new Map(mergedOperations([standIns]).map((each) => [operationKey(each), each]));
  const operations = own.map((each) => {
    const other = byKey.get(operationKey(each));
    // A request is for the upstream: what stands in for it only answers.
    return other === undefined ? each : { ...merged(each, other), alternatives: each.alternatives };
  });
  const more = {
    ...(fallback?.kind === 'respond' ? answerOf(fallback.respond) : {}),
    ...(websocket === undefined ? {} : SWITCHED),
  };
  return operations.map((each) => ({
    ...each,
    responses: mergedResponses(each.responses, each.method === 'GET' ? more : omitSwitched(more)),
  }));
}

const SWITCHED = { 101: response('The connection is a WebSocket from now on.') };

const omitSwitched = ({
  101: _switched,
  ...rest
}: Operation['responses']): Operation['responses'] => rest;

function planForward(action: ForwardConfig): Planner {
  const path = pathOf(action);
  const { upstream, fallback, websocket, mirrors } = action;
  return (exchange) => {
    const { method, query, headers: sent, reply } = exchange;
    const headers = forwardedHeaders(sent);
    const call = { name: '', upstream, method, path: path(exchange), query, headers };
    if (websocket !== undefined && reply !== undefined && asksForSocket(reply.request.raw)) {
      checkHandshake(sent, true);
      checkOrigin(sent, exchange, websocket.origins);
      return { calls: [{ ...call, after: [], isRequired: true, opens: 'websocket' }] };
    }
    return {
      calls: [{ ...call, after: [], isRequired: fallback === undefined }],
      ...(fallback !== undefined && { fallback: planFallback(fallback) }),
      ...(mirrors !== undefined && { mirrors: planMirrors(mirrors, exchange, call.path) }),
    };
  };
}

/** Wraps `call` with the configured fallback. */
function fallingBack(
  call: Call,
  config: FallbackConfig,
  route: Route,
  { clock, onFallback }: ActionContext,
): Call {
  return withFallback(call, {
    config,
    clock,
    callOf: (upstream) => route.callOf(upstream).call,
    onFallback: (reason) => onFallback(route.config.name, reason),
  });
}
