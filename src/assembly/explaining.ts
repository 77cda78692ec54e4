/**
 * Passes a request through a generation in a way that only tells: the admission, matcher, hooks and actions
 * that serve decide, but nothing is counted, no call is made, and nobody else's code runs unless it has said
 * that it may.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type AnyAction, madeBy } from '../actions/action.ts';
import type { Plan } from '../actions/plan.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import type { HttpsRedirect } from '../edge/https-redirect.ts';
import type { ActionContext } from '../routes/route.ts';
import type { Matcher } from '../routes/matcher.ts';
import type { UpstreamLeases } from '../upstream/lease.ts';
import { admission, type AdmissionOptions, type RequestHandler } from './admission.ts';
import { explainedSteps } from './explained-steps.ts';
import type { Batched, Trace } from './explain-trace.ts';
import { undecodable } from './fastify-app.ts';
import { asHook, type FastifyHook } from './fastify-hook.ts';
import { ACTION_ADDRESS, entryHooks } from './mount.ts';
import { type MountedBff, nothingServed } from './mount-bff.ts';
import { runAll } from './mounted-actions.ts';
import type { BuiltRoute } from './routes.ts';
import { sentCall } from './sent-call.ts';

/** Explains one request into a trace; the answer to the request is what refused it, or 204. */
export type Explain = (trace: Trace, redirectHttps?: HttpsRedirect) => RequestHandler;

/** The method under which explained requests enter Fastify; served ones use another. */
const EXPLAIN_METHOD = 'GET';

/** The way into Fastify: a route of its own, which runs the hooks that it is handed for each request. */
export class ExplainEntry {
  readonly #app: FastifyInstance;
  readonly #hooks = new WeakMap<IncomingMessage, readonly FastifyHook[]>();

  constructor(app: FastifyInstance) {
    this.#app = app;
  }

  /** Before any plugin is registered: hooks that they add to the app are not for explained requests. */
  async register(): Promise<void> {
    const hooks = this.#hooks;
    await this.#app.register(async (scope) => {
      scope.route({
        method: EXPLAIN_METHOD,
        url: ACTION_ADDRESS,
        exposeHeadRoute: false,
        onRequest: function explainRoute(request, reply, done) {
          runAll(hooks.get(request.raw) ?? [], request, reply, done);
        },
        handler: refuseUnknown,
      });
    });
  }

  enter(raw: IncomingMessage, response: ServerResponse, hooks: readonly FastifyHook[]): void {
    this.#hooks.set(raw, hooks);
    raw.url = ACTION_ADDRESS;
    raw.method = EXPLAIN_METHOD;
    this.#app.routing(raw, response);
  }
}

export interface ExplainingOptions {
  readonly entry: ExplainEntry;
  /** Of the generation, for the requests that it serves. */
  readonly admission: Omit<AdmissionOptions, 'app' | 'matcher' | 'onClose'>;
  readonly matcher: Matcher;
  readonly context: ActionContext;
  /** By name. */
  readonly routes: ReadonlyMap<string, BuiltRoute>;
  /** By the name of the route. */
  readonly bffs: ReadonlyMap<string, MountedBff>;
  readonly actions: readonly AnyAction[];
  readonly upstreams: UpstreamLeases;
}

export function explaining(options: ExplainingOptions): Explain {
  const { admission: common, matcher, entry } = options;
  const world = { ...common.world, nextRequestId: () => 'explained' };
  return (trace, redirectHttps) => {
    const routing = (raw: IncomingMessage, response: ServerResponse): void =>
      entry.enter(raw, response, hooksFor(raw, trace, options));
    const admit = admission({
      ...common,
      world,
      app: { routing },
      redirectHttps,
      matcher: { find: (asked) => matcher.find(asked, (reading) => trace.readings.push(reading)) },
      onClose: (exchange) => {
        trace.exchange = exchange;
      },
    });
    return (request, response) => {
      admit(request, response);
      trace.exchange = exchangeOf(request);
    };
  };
}

/** The hooks for a request whose route is known, up to its action. */
function hooksFor(
  raw: IncomingMessage,
  trace: Trace,
  options: ExplainingOptions,
): readonly FastifyHook[] {
  const exchange = exchangeOf(raw);
  const bff = options.bffs.get(exchange.route);
  if (bff !== undefined) return bffHooks(raw, bff, trace, options);
  const route = options.routes.get(exchange.route)!;
  return [
    ...entryHooks(route.config, options.context, 'ours'),
    ...routeSteps(route, trace),
    lastStep(() => tellPlan(planOf(route, exchange, options), { route, exchange, trace, options })),
  ];
}

interface Telling {
  readonly route: BuiltRoute;
  readonly exchange: ClientExchange;
  readonly trace: Trace;
  readonly options: ExplainingOptions;
}

async function tellPlan(plan: Plan, { route, exchange, trace, options }: Telling): Promise<void> {
  const sent = plan.calls.map((call) => {
    const lease = options.upstreams.get(call.upstream)!;
    return sentCall(call, exchange, { lease, sets: call.isLater === true ? [] : route.sets });
  });
  trace.plan = { ...plan, sent: await Promise.all(sent) };
}

function routeSteps(route: BuiltRoute, trace: Trace): readonly FastifyHook[] {
  trace.sets = route.sets;
  return explainedSteps(route.sets, trace);
}

function planOf(
  { config }: BuiltRoute,
  exchange: ClientExchange,
  { actions, context }: ExplainingOptions,
): Plan {
  const { plan } = madeBy(actions, config.action);
  return plan?.(config.action, context)(exchange) ?? { calls: [] };
}

function bffHooks(
  raw: IncomingMessage,
  bff: MountedBff,
  trace: Trace,
  options: ExplainingOptions,
): readonly FastifyHook[] {
  const { context } = options;
  const found = bff.endpoints.find(raw);
  const last = lastStep(() => {
    trace.mayCall = bff.upstreams;
    trace.batches = batchesOf(bff);
  });
  if (found === 'unsure') {
    trace.isUnsureOfEndpoint = true;
    const entry = entryHooks(bff.route.config, context, 'fastify');
    return [...entry, ...routeSteps(bff.route, trace), last];
  }
  if (typeof found !== 'object') {
    return [
      lastStep(() => {
        throw found === undefined ? nothingServed() : undecodable();
      }),
    ];
  }
  const { endpoint, params } = found;
  const { route, plan } = endpoint;
  trace.hasRequestSchema = endpoint.hasRequestSchema;
  const forwarding =
    plan &&
    lastStep(() => {
      const exchange = exchangeOf(raw);
      trace.isBffForward = true;
      return tellPlan({ calls: [plan(exchange)] }, { route, exchange, trace, options });
    });
  return [
    function setParams(request, _reply, done) {
      request.params = params;
      done();
    },
    ...endpoint.entry,
    ...routeSteps(route, trace),
    endpoint.name === '' ? lastStep(refuseUnknown) : (forwarding ?? last),
  ];
}

const batchesOf = ({ batches }: MountedBff): readonly Batched[] =>
  [...batches.values()].map(({ upstream, template: path, list, parameter, max }) => ({
    upstream,
    path,
    list,
    parameter,
    max,
  }));

/** What the handler of unknown paths does. */
function refuseUnknown(): never {
  throw nothingServed();
}

const lastStep = (work: () => void | Promise<void>): FastifyHook =>
  asHook(async (_request, reply) => {
    await work();
    void reply.code(204).send();
  });
