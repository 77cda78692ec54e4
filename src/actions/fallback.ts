/**
 * Answers a forwarded request when its upstream fails: with a configured answer, or from another
 * upstream.
 *
 * Wraps the whole call, including retries. The answer is marked, so that nobody takes it for the real
 * one.
 */
import type { RoutePlace } from '../config/actions.ts';
import { Body } from '../core/body.ts';
import type { Call, UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { type ErrorCode, isGatewayError } from '../core/errors.ts';
import { endsSoon, isRefusal } from '../policies/kept-answer.ts';
import { type Outcome, outcomeOf, unwrap, endingOf } from '../policies/outcome.ts';
import { isIdempotent } from '../policies/retry.ts';
import { streamed } from '../core/request-body.ts';
import { z } from 'zod';
import type { PlannedFallback } from './plan.ts';
import { buildRespond, ownAnswer, Respond, type RespondConfig } from './respond.ts';

/** Why a fallback takes over. */
const FALLBACK_REASONS = ['unavailable', 'timeout', '5xx'] as const;

const fallbackOn = z
  .array(z.enum(FALLBACK_REASONS))
  .min(1)
  .default([...FALLBACK_REASONS])
  .describe(
    'When: no connection, no slot, no target or an open circuit; no response in time; a status of 500 and above.',
  );

export const Fallback = z
  .union([
    z.strictObject({
      respond: Respond.describe('Answers with this instead.'),
      on: fallbackOn,
    }),
    z.strictObject({
      upstream: z.string().describe('Calls this upstream instead, with its own deadline.'),
      on: fallbackOn,
    }),
  ])
  .describe('What a forwarded request gets when its upstream fails; marked by `Gateway-Fallback`.');

export type FallbackReason = (typeof FALLBACK_REASONS)[number];

export type FallbackConfig = {
  readonly on: readonly FallbackReason[];
} & (
  | { readonly kind: 'respond'; readonly respond: RespondConfig }
  | { readonly kind: 'upstream'; readonly upstream: string }
);

export function buildFallback(
  written: z.output<typeof Fallback>,
  { at, files }: RoutePlace,
): FallbackConfig {
  const { on } = written;
  return 'respond' in written
    ? {
        kind: 'respond',
        on,
        respond: buildRespond(written.respond, { at: [...at, 'respond'], files }),
      }
    : { kind: 'upstream', on, upstream: written.upstream };
}

export const planFallback = (config: FallbackConfig): PlannedFallback =>
  config.kind === 'upstream'
    ? { on: config.on, upstream: config.upstream }
    : { on: config.on, status: config.respond.status };

/** Marks the answer as a fallback and gives the reason. */
export const FALLBACK_HEADER = 'gateway-fallback';

/** The codes that a fallback takes over, with the config's word for each. */
const REASONS: Readonly<Partial<Record<ErrorCode, FallbackReason>>> = {
  GW_UPSTREAM_CONNECT: 'unavailable',
  GW_UPSTREAM_RESET: 'unavailable',
  GW_UPSTREAM_PROTOCOL: 'unavailable',
  GW_UPSTREAM_HEADERS: 'unavailable',
  GW_BULKHEAD_FULL: 'unavailable',
  GW_CIRCUIT_OPEN: 'unavailable',
  GW_NO_TARGET: 'unavailable',
  GW_UPSTREAM_TIMEOUT: 'timeout',
  GW_DEADLINE_EXCEEDED: 'timeout',
};

/** Codes after which no upstream has seen the request. */
const UNSENT: ReadonlySet<ErrorCode> = new Set([
  'GW_UPSTREAM_CONNECT',
  'GW_BULKHEAD_FULL',
  'GW_CIRCUIT_OPEN',
  'GW_NO_TARGET',
]);

export interface FallbackOptions {
  readonly config: FallbackConfig;
  /** Calls another upstream under the same route, with a deadline of its own. */
  readonly callOf: (upstream: string) => Call;
  readonly clock: Clock;
  /** Called for each fallback, for the metric. */
  readonly onFallback: (reason: FallbackReason) => void;
}

/** Why a fallback takes over, and whether the upstream may have seen the request. */
interface Failure {
  readonly reason: FallbackReason;
  readonly wasSent: boolean;
}

/** Wraps `call` with its fallback. */
export function withFallback(call: Call, options: FallbackOptions): Call {
  const { config, clock, onFallback } = options;
  const reasons = new Set(config.on);
  const instead =
    config.kind === 'upstream' ? options.callOf(config.upstream) : answer(config.respond);
  const takesOver = (failure: Failure, request: UpstreamRequest): boolean =>
    reasons.has(failure.reason) &&
    request.signal.reason === undefined &&
    (config.kind === 'respond' || maySendAgain(request, failure));
  return async function fallingBack(request) {
    // A child, because the deadline must end this call and not the fallback's.
    const outcome = await outcomeOf(call, { ...request, signal: request.signal.child() });
    const failure = failureOf(outcome);
    if (failure === undefined || !takesOver(failure, request)) return unwrap(outcome);
    const isKept = await freed(outcome, clock);
    const { reason } = failure;
    request.record.firstEnding ??= endingOf(outcome);
    request.record.fallback = reason;
    onFallback(reason);
    const fallback = await outcomeOf(instead, request);
    // A refused fallback would hide the failure itself: report that instead.
    if (isKept && fallback.kind === 'error' && isRefusal(fallback.error)) return unwrap(outcome);
    const response = unwrap(fallback);
    return { ...response, headers: { ...response.headers, [FALLBACK_HEADER]: reason } };
  };
}

/**
 * Ends an answer that is replaced, which frees its slot; returns whether the answer could still be sent.
 */
async function freed(outcome: Outcome, clock: Clock): Promise<boolean> {
  if (outcome.kind === 'error' || (await endsSoon(outcome.response.body, clock))) return true;
  outcome.response.body.destroy();
  return false;
}

function failureOf(outcome: Outcome): Failure | undefined {
  if (outcome.kind === 'response') {
    return outcome.response.status < 500 ? undefined : { reason: '5xx', wasSent: true };
  }
  if (!isGatewayError(outcome.error)) return undefined;
  const reason = REASONS[outcome.error.code];
  return reason && { reason, wasSent: !UNSENT.has(outcome.error.code) };
}

/** The rule of retries: the whole request is still here, and sending it twice is safe. */
function maySendAgain({ body, method }: UpstreamRequest, { wasSent }: Failure): boolean {
  if (streamed(body)?.isReplayable === false) return false;
  return !wasSent || isIdempotent(method);
}

function answer(respond: RespondConfig): Call {
  const { status, headers, payload } = ownAnswer(respond);
  const length = payload && { 'content-length': String(payload.length) };
  return async (): Promise<UpstreamResponse> => ({
    status,
    headers: { ...headers, ...length },
    body: Body.of(payload ?? ''),
    target: '',
  });
}
