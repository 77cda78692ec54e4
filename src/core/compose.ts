/** Composes policies, layers and guards around a call, in the order in which they see a request. */
import { Attempt } from './attempt.ts';
import type { Call, Policy, UpstreamRequest, UpstreamResponse } from './call.ts';
import type { Abortable, Guard, Layer, Receiver, Sender } from './sender.ts';

export type Stage = Policy | Layer | Guard;

/** Wraps `innermost` in `stages`, once, at start-up; the first one listed sees the request first. */
export const compose = (stages: readonly Stage[], innermost: Call | Sender): Call =>
  promising(composed(stages, innermost));

/** The same as a sender. */
export function composed(stages: readonly Stage[], innermost: Call | Sender): Sender {
  let next = typeof innermost === 'function' ? reporting(innermost) : innermost;
  let guards: Guard[] = [];
  for (const stage of stages.toReversed()) {
    if (isGuard(stage)) guards = [stage, ...guards];
    else {
      next = guarded(guards, next);
      guards = [];
      next = isLayer(stage) ? stage.wrap(next) : reporting(stage(promising(next)));
    }
  }
  return guarded(guards, next);
}

const isGuard = (stage: Stage): stage is Guard => 'enter' in stage;
const isLayer = (stage: Policy | Layer): stage is Layer => 'wrap' in stage;

/** Puts neighbouring guards around one attempt. */
function guarded(guards: readonly Guard[], next: Sender): Sender {
  if (guards.length === 0) return next;
  return {
    send(request, receiver) {
      const attempt = new Attempt(request, receiver, guards, next);
      attempt.proceed();
      return attempt;
    },
  };
}

/** Turns a sender into a call, which returns a promise. */
export const promising =
  (sender: Sender): Call =>
  (request) =>
    new Promise((resolve, reject) => {
      sender.send(request, { answered: resolve, failed: reject });
    });

/** Turns a call into a sender, which reports to a receiver; aborting cancels the call. */
export function reporting(call: Call): Sender {
  return {
    send(request, receiver): Abortable {
      const signal = request.signal.child();
      void report(call, { ...request, signal }, receiver);
      return { abort: (reason) => signal.cancel(reason) };
    },
  };
}

async function report(call: Call, request: UpstreamRequest, receiver: Receiver): Promise<void> {
  let response: UpstreamResponse;
  try {
    response = await call(request);
  } catch (error) {
    receiver.failed(error);
    return;
  }
  // A plugin may give the same fields with each response, and a receiver may edit those that it gets.
  receiver.answered({ ...response, headers: { ...response.headers } });
}
