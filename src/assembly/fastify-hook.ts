/** Adapts our hooks, which return or throw, to Fastify's, which use callbacks. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { Action, RequestHook } from '../routes/route.ts';

export type FastifyHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => void;

/** Continues once the hook has returned, unless it has answered. */
export function asHook(hook: RequestHook): FastifyHook {
  return function requestHook(request, reply, done) {
    let result: void | Promise<void>;
    try {
      result = hook(request, reply);
    } catch (error) {
      done(asError(error));
      return;
    }
    // Most hooks return no promise, so nothing is awaited.
    if (result === undefined) goOn(request, reply, done);
    else
      result.then(
        () => goOn(request, reply, done),
        (error) => done(asError(error)),
      );
  };
}

/** Never continues, because the action answers. */
export function asLastHook(action: Action): FastifyHook {
  return function actionHook(request, reply, done) {
    try {
      action(request, reply, done);
    } catch (error) {
      done(asError(error));
    }
  };
}

/**
 * `reply.sent` is true only once everything is written, which an `onSend` hook may delay; hence
 * `isAnswering`.
 */
function goOn(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (!reply.sent && !exchangeOf(request.raw).isAnswering) done();
}

/** Fastify would take a hook that throws `undefined` for one that lets the request pass. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('no error was thrown', { cause: thrown });
}
