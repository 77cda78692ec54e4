/** The world of a policy as literals: requests, answers, and calls that give them. */
import { Body } from '../../src/core/body.ts';
import type { Call, Policy, UpstreamRequest } from '../../src/core/call.ts';
import { compose, type Stage } from '../../src/core/compose.ts';
import type { CallContext } from '../../src/core/call-context.ts';
import type { UpstreamResponse } from '../../src/core/call.ts';
import { Cancellation } from '../../src/core/cancellation.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type ErrorCode, GatewayError } from '../../src/core/errors.ts';
import { CallRecord } from '../../src/core/record.ts';
import { type SlotOptions, Slots } from '../../src/policies/bulkhead.ts';

export const aContext = (fields: Partial<CallContext> = {}): CallContext => ({
  id: 'test',
  route: 'orders',
  consumer: undefined,
  client: {},
  signal: new Cancellation(),
  host: undefined,
  fields: {},
  trace: undefined,
  toldUpstreams: undefined,
  ...fields,
});

export function aRequest(fields: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    context: aContext(),
    upstream: 'orders',
    route: 'orders',
    method: 'GET',
    path: '/orders/1',
    query: '',
    headers: {},
    body: undefined,
    signal: new Cancellation(),
    deadlineAt: Number.POSITIVE_INFINITY,
    consumer: undefined,
    id: 'test',
    attempt: 1,
    key: undefined,
    tried: [],
    record: new CallRecord('forward', '', 'orders', 0),
    ...fields,
  };
}

export function aResponse(fields: Partial<UpstreamResponse> = {}): UpstreamResponse {
  return { status: 200, headers: {}, body: Body.of(''), target: 'http://a.test', ...fields };
}

export const failure = (code: ErrorCode, target = 'http://a.test'): GatewayError =>
  new GatewayError(code, 'as the test wants it', { target });

/** A layer or a guard by itself, as a policy. */
export const around =
  (stage: Stage): Policy =>
  (next) =>
    compose([stage], next);

/** A status, a failure, a response, or whatever a call does. */
export type Answer = number | Error | UpstreamResponse | Call;

export interface FakeCall extends Call {
  readonly requests: readonly UpstreamRequest[];
  readonly calls: number;
}

/** Gives `answers` one by one; the last one stays. */
export function answering(...answers: readonly [Answer, ...Answer[]]): FakeCall {
  const requests: UpstreamRequest[] = [];
  const call: Call = async (request) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push(request);
    if (typeof answer === 'function') return answer(request);
    if (answer instanceof Error) throw answer;
    return typeof answer === 'number' ? aResponse({ status: answer }) : answer;
  };
  return Object.defineProperties(call, {
    requests: { value: requests },
    calls: { get: () => requests.length },
  }) as FakeCall;
}

/** Never answers, and rejects as the leaf does once the call is cancelled. */
export const hanging: Call = ({ signal }) =>
  new Promise((_resolve, reject) => signal.listen({ onCancel: reject }));

/** Never settles, whatever happens. */
export const deaf: Call = () => new Promise(() => undefined);

export const slotsOf = (options: Partial<SlotOptions>): Slots =>
  new Slots({ concurrency: 1, queue: 0, waitMs: 1_000, clock: systemClock, ...options });

/** Why a promise was rejected, as far as anybody may look at it: `fulfilled` where it was not. */
export async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return 'fulfilled';
  } catch (error) {
    return error instanceof GatewayError ? error.code : String(error);
  }
}
