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
    const goOn = (): void => {
      if (!reply.sent) done();
    };
    settle(() => hook(request, reply), goOn, done);
  };
}

/** Never goes on: an action answers. */
export function asLastHook(action: Action): FastifyHook {
  return function actionHook(request, reply, done) {
    settle(() => action(request, reply), undefined, done);
  };
}

function settle(
  run: () => void | Promise<void>,
  returned: (() => void) | undefined,
  failed: (error: Error) => void,
): void {
  let result: void | Promise<void>;
  try {
    result = run();
  } catch (error) {
    failed(error as Error);
    return;
  }
  // Only a promise is waited for: for most hooks there is none.
  if (result === undefined) returned?.();
  else result.then(returned, failed);
}
