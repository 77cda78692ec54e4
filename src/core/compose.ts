/** Composes policies and guards around a call, in the order in which they see a request. */
import { Attempt } from './attempt.ts';
import type { Call, Policy } from './call.ts';
import type { Abortable, Guard, Receiver, Sender } from './guard.ts';

/**
 * Wraps `innermost` in `stages`, once, at start-up; the first one listed sees the request first.
 * Neighbouring guards share a promise.
 */
export function compose(stages: readonly (Policy | Guard)[], innermost: Call | Sender): Call {
  let next = innermost;
  let guards: Guard[] = [];
  for (const stage of stages.toReversed()) {
    if (typeof stage !== 'function') guards = [stage, ...guards];
    else {
      next = stage(guarded(guards, next));
      guards = [];
    }
  }
  return guarded(guards, next);
}

function guarded(guards: readonly Guard[], next: Call | Sender): Call {
  if (typeof next === 'function' && guards.length === 0) return next;
  const sender = typeof next === 'function' ? reporting(next) : next;
  return (request) => {
    const attempt = new Attempt(request, guards, sender);
    attempt.proceed();
    return attempt.promise;
  };
}

/**
 * Turns a call into a sender, which reports instead of returning a promise; aborting cancels the call.
 */
function reporting(call: Call): Sender {
  return {
    send(request, receiver): Abortable {
      const signal = request.signal.child();
      report(call({ ...request, signal }), receiver);
      return { abort: (reason) => signal.cancel(reason) };
    },
  };
}

function report(outcome: ReturnType<Call>, receiver: Receiver): void {
  outcome.then(
    (response) => receiver.answered(response),
    (error: unknown) => receiver.failed(error),
  );
}
