/**
 * Mounts routes on Fastify.
 *
 * Matching is done before Fastify sees a request, because its router knows no headers, no precedence, and
 * at most 31 constrained routes on one path. So routes are mounted at addresses that no client can ask
 * for: all actions at one, each BFF at its own, `/@name`. The very first hook restores the request's real
 * URL and method.
 */
import type { AnyAction } from '../actions/action.ts';
import type { RouteConfig } from '../config/build/config.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { hasLongBody } from '../edge/client-headers.ts';
import { GatewayError } from '../core/errors.ts';
import type { ActionContext, Route } from '../routes/route.ts';
import { asHook, asLastHook, type FastifyHook } from './fastify-hook.ts';
import type { ActionHooks } from './mounted-actions.ts';
import { sendHooks } from './send-hooks.ts';

export const ADDRESS_PREFIX = '/@';

/** The address of all actions. It differs from every BFF's, because names are never empty. */
export const ACTION_ADDRESS = ADDRESS_PREFIX;

/** The address of a BFF on Fastify. */
export const mountAddress = (route: string): string => ADDRESS_PREFIX + route;

/**
 * The method under which actions are mounted and found, whatever the request's own method: the matcher
 * has checked that. Mounting each action once per method would be thirty times the work, and most of the
 * start-up time.
 */
export const ACTION_METHOD = 'POST';

/** The hooks of a route whose action answers by itself. */
export function actionHooks(
  route: Route,
  { create, readsBody, kind }: AnyAction,
  context: ActionContext,
): ActionHooks {
  if (create === undefined) throw new TypeError(`${kind} is mounted, and does not answer`);
  return {
    onRequest: [
      ...formErrors(route),
      ...actionEntry(route, context),
      ...route.requestHooks.map(asHook),
      ...(readsBody ? [] : [closeAfterLongBody]),
      asLastHook(create(route, route.config.action, context)),
    ],
    onSend: sendHooks(route)[0],
  };
}

/** Comes before everything that may refuse; empty if errors are problem documents. */
export function formErrors({ errorForm }: Pick<Route, 'errorForm'>): readonly FastifyHook[] {
  if (errorForm === undefined) return [];
  return [
    function setErrorForm(request, _reply, done) {
      exchangeOf(request.raw).errorForm = errorForm;
      done();
    },
  ];
}

/** A body that nobody will read must not keep the connection busy. */
const closeAfterLongBody: FastifyHook = function closeAfterLongBody(request, reply, done) {
  if (hasLongBody(request.raw)) void reply.header('connection', 'close');
  done();
};

/** Shared by body limit, because most routes have the same one. */
const entries = new WeakMap<ActionContext, Map<number, readonly FastifyHook[]>>();

/** The hooks that run before the plugins of an action. */
function actionEntry({ config }: Route, context: ActionContext): readonly FastifyHook[] {
  const byLimit = entries.get(context) ?? new Map<number, readonly FastifyHook[]>();
  entries.set(context, byLimit);
  const hooks = byLimit.get(config.bodyLimitBytes) ?? entryHooks(config, context, 'ours');
  byLimit.set(config.bodyLimitBytes, hooks);
  return hooks;
}

/** The hooks that run before any plugin. `paths` says whose pattern gives the path parameters. */
export function entryHooks(
  { bodyLimitBytes }: Pick<RouteConfig, 'bodyLimitBytes'>,
  { clock, idleMs, minRate }: ActionContext,
  paths: 'ours' | 'fastify',
): FastifyHook[] {
  const bodyLimits = { clock, idleMs, minRate, limitBytes: bodyLimitBytes, stallMs: idleMs };
  return [
    function admitBody(request, _reply, done) {
      const exchange = exchangeOf(request.raw);
      exchange.body.limits = bodyLimits;
      if (paths === 'ours') request.params = exchange.params;
      if (exchange.refusal !== undefined) {
        done(exchange.refusal);
        return;
      }
      const declared = request.raw.headers['content-length'];
      if (declared !== undefined && Number(declared) > bodyLimitBytes) {
        done(new GatewayError('GW_BODY_TOO_LARGE', `more than ${bodyLimitBytes} bytes`));
      } else done();
    },
  ];
}
