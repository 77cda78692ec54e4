/** From our hooks, which return or throw, to Fastify's, which call back. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Action, RequestHook } from '../routes/route.ts';

export type FastifyHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => void;

/** Goes on when the hook has returned, unless it has answered. */
export function asHook(hook: RequestHook): FastifyHook {
  return function requestHook(request, reply, done) {
    let result: void | Promise<void>;
    try {
      result = hook(request, reply);
    } catch (error) {
      done(error as Error);
      return;
    }
    // Most hooks return no promise, and then nothing is waited for.
    if (result !== undefined) {
      result.then(() => !reply.sent && done(), done);
    } else if (!reply.sent) done();
  };
}

/** Never goes on: an action answers. */
export function asLastHook(action: Action): FastifyHook {
  return function actionHook(request, reply, done) {
    try {
      action(request, reply)?.catch(done);
    } catch (error) {
      done(error as Error);
    }
  };
}
