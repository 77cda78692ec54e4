/**
 * Puts all actions behind one Fastify route: with ten thousand routes, a Fastify route for each would
 * take most of the start-up time and a fifth of the memory.
 *
 * The matcher finds the route before Fastify sees the request, so Fastify's router has nothing left to
 * decide. Hooks run as Fastify would run them: in order, until one fails or answers.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { FastifyHook } from './fastify-hook.ts';
import { ACTION_ADDRESS, ACTION_METHOD } from './mount.ts';

/** The hooks of one route. */
export interface ActionHooks {
  /** The last one is the action, which never calls `done`. */
  readonly onRequest: readonly FastifyHook[];
  /** Absent if no plugin edits answers. */
  readonly onSend: onSendHookHandler | undefined;
}

export class MountedActions {
  readonly #byRoute = new Map<string, ActionHooks>();

  constructor(app: FastifyInstance) {
    const hooksOf = ({ raw }: FastifyRequest): ActionHooks =>
      // Only requests for added routes get here.
      this.#byRoute.get(exchangeOf(raw).route)!;
    app.route({
      method: ACTION_METHOD,
      url: ACTION_ADDRESS,
      onRequest: function runRoute(request, reply, done) {
        runAll(hooksOf(request).onRequest, request, reply, done);
      },
      onSend: function editAnswer(request, reply, payload, done) {
        const { onSend } = hooksOf(request);
        if (onSend === undefined) done(null, payload);
        else onSend.call(this, request, reply, payload, done);
      },
      handler: () => {
        throw new TypeError('the action answers before Fastify would');
      },
    });
  }

  add(route: string, hooks: ActionHooks): void {
    this.#byRoute.set(route, hooks);
  }
}

/** Runs hooks in order, until one fails or answers. */
export function runAll(
  hooks: readonly FastifyHook[],
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  let ran = 0;
  const next = (error?: Error): void => {
    const hook = error === undefined ? hooks[ran++] : undefined;
    if (hook === undefined) done(error);
    else hook(request, reply, next);
  };
  next();
}
