/**
 * All actions behind one route of Fastify: to ten thousand routes of ours, as many of Fastify's are most of
 * what a start takes, and a fifth of its memory.
 *
 * The matcher has found the route before Fastify sees the request, so that nothing is left for Fastify's
 * router to decide. Hooks run as they would as Fastify's own: in their order, until one fails or answers.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { FastifyHook } from './fastify-hook.ts';
import { ACTION_ADDRESS, ACTION_METHOD } from './mount.ts';

/** What runs on one route. */
export interface ActionHooks {
  /** The last one is the action, which never goes on. */
  readonly onRequest: readonly FastifyHook[];
  /** Absent where no plugin wants to see answers. */
  readonly onSend: onSendHookHandler | undefined;
}

export class MountedActions {
  readonly #byRoute = new Map<string, ActionHooks>();

  constructor(app: FastifyInstance) {
    const hooksOf = ({ raw }: FastifyRequest): ActionHooks =>
      // Only requests of routes that were added come here.
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

function runAll(
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
