/**
 * Retries a failed call if that is safe: only requests that may be repeated, within the upstream's budget
 * and the deadline, with full jitter.
 *
 * It wraps the breaker and the bulkhead, so that each attempt is counted and waits for its own slot; no
 * slot is held during a backoff. If they refuse a retry, the outcome is that of the attempt before it:
 * clients learn what failed, not that a retry was refused.
 */
import type { Cancellation } from '../core/cancellation.ts';
import type { Call, UpstreamRequest, UpstreamResponse } from '../core/call.ts';
import type { Clock } from '../core/clock.ts';
import { ERRORS, type GatewayError, isGatewayError } from '../core/errors.ts';
import { RETRIED_CODES, wordInHead } from '../core/grpc-outcome.ts';
import { promising } from '../core/compose.ts';
import { firstValue } from '../core/headers.ts';
import type { Layer, Receiver } from '../core/sender.ts';
import { streamed } from '../core/request-body.ts';
import type { RetryBudget } from './budget.ts';
import { remainingMs } from './deadline.ts';
import { endsSoon, isRefusal } from './kept-answer.ts';
import { type Outcome, outcomeOf, unwrap, endingOf } from './outcome.ts';

export interface RetryOptions {
  /** Attempts in total, including the first. */
  readonly attempts: number;
  /** `connect`, `reset`, statuses, or outcomes of gRPC. */
  readonly on: readonly (string | number)[];
  /** Longest wait before the first retry; doubles with each. */
  readonly backoffMs: number;
  /** Retries as a share of calls, between 0 and 1. */
  readonly share: number;
  /** The upstream's budget, shared by all its routes. */
  readonly budget: RetryBudget;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** All requests may be sent again, whatever their method; default: those of idempotent methods. */
  readonly isRepeatable?: boolean | undefined;
  /** Called for each retry that was sent, for the metric. */
  readonly onRetry?: (reason: string) => void;
}

/** Safe to send twice, RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method);

const MAX_BACKOFF_MS = 10_000;

export function retry(options: RetryOptions): Layer {
  const reasons = new Set(options.on);
  return {
    wrap(next) {
      const call = promising(next);
      const goOn = (request: UpstreamRequest, first: Outcome): Promise<UpstreamResponse> =>
        tryAgain(call, request, first, reasons, options);
      return {
        send(request, receiver) {
          options.budget.deposit();
          return next.send(request, new FirstTry(request, receiver, { reasons, goOn }));
        },
      };
    },
  };
}

interface After {
  /** The reasons to retry, statuses among them. */
  readonly reasons: ReadonlySet<string | number>;
  readonly goOn: (request: UpstreamRequest, first: Outcome) => Promise<UpstreamResponse>;
}

class FirstTry implements Receiver {
  readonly #request: UpstreamRequest;
  readonly #receiver: Receiver;
  readonly #after: After;

  constructor(request: UpstreamRequest, receiver: Receiver, after: After) {
    this.#request = request;
    this.#receiver = receiver;
    this.#after = after;
  }

  answered(response: UpstreamResponse): void {
    // Nearly always there is no reason to retry.
    if (wordFor(response, this.#after.reasons) === undefined) this.#receiver.answered(response);
    else this.#goOn({ kind: 'response', response });
  }

  failed(error: unknown): void {
    this.#goOn({ kind: 'error', error });
  }

  #goOn(outcome: Outcome): void {
    this.#after.goOn(this.#request, outcome).then(
      (response) => this.#receiver.answered(response),
      (error: unknown) => this.#receiver.failed(error),
    );
  }
}

/** Retries after `first`, as long as there is a reason to retry and nothing forbids it. */
async function tryAgain(
  next: Call,
  request: UpstreamRequest,
  first: Outcome,
  reasons: ReadonlySet<string | number>,
  options: RetryOptions,
): Promise<UpstreamResponse> {
  let current = request;
  let outcome = first;
  for (;;) {
    const reason = reasonToRetry(outcome, current, reasons, options);
    if (reason === undefined || !mayRetry(current, options)) return unwrap(outcome);
    const waitMs = backoff(outcome, current, options);
    if (waitMs >= remainingMs(current, options.clock)) return unwrap(outcome);
    // Checked before the budget, because an answer that is passed on must not use it.
    if (!(await isKept(outcome, options.clock))) return unwrap(outcome);
    if (!options.budget.withdraw(options.share)) return unwrap(outcome);
    await sleep(waitMs, request.signal, options.clock);
    current = again(current, outcome);
    request.record.firstEnding ??= endingOf(outcome);
    const later = await outcomeOf(next, current);
    if (later.kind === 'error' && isRefusal(later.error)) return unwrap(outcome);
    options.onRetry?.(reason);
    outcome = later;
  }
}

/** Can this outcome still be returned if the retry is refused? An error always can. */
const isKept = (outcome: Outcome, clock: Clock): boolean | Promise<boolean> =>
  outcome.kind === 'error' || endsSoon(outcome.response.body, clock);

/** Why to retry after this outcome, as a word for the metric; `undefined` if it must not be retried. */
function reasonToRetry(
  outcome: Outcome,
  request: UpstreamRequest,
  reasons: ReadonlySet<string | number>,
  { isRepeatable = isIdempotent(request.method) }: RetryOptions,
): string | undefined {
  if (request.signal.reason !== undefined) return undefined;
  const idempotent = isRepeatable;
  if (outcome.kind === 'response') {
    const word = wordFor(outcome.response, reasons);
    // Whoever lists an outcome of gRPC means calls of gRPC, all of which are POST.
    return idempotent || isGrpcWord(word) ? word : undefined;
  }
  if (!isGatewayError(outcome.error)) return undefined;
  const { repeatable } = ERRORS[outcome.error.code];
  if (repeatable === 'never' || (repeatable === 'idempotent' && !idempotent)) return undefined;
  return reasonOfError(outcome.error, reasons);
}

/** The reason that an answer is, as a word; `undefined` if it is none. */
function wordFor(
  { status, headers }: UpstreamResponse,
  reasons: ReadonlySet<string | number>,
): string | undefined {
  if (reasons.has(status)) return String(status);
  // Nearly no answer has it.
  if (headers['grpc-status'] === undefined) return undefined;
  const word = wordInHead(headers);
  return word !== undefined && reasons.has(word) ? word : undefined;
}

const isGrpcWord = (word: string | undefined): boolean =>
  word !== undefined && Object.hasOwn(RETRIED_CODES, word);

function reasonOfError(
  error: GatewayError,
  reasons: ReadonlySet<string | number>,
): string | undefined {
  if (error.code === 'GW_UPSTREAM_CONNECT') return reasons.has('connect') ? 'connect' : undefined;
  if (error.code === 'GW_UPSTREAM_RESET') return reasons.has('reset') ? 'reset' : undefined;
  return reasons.has(error.statusCode) ? 'timeout' : undefined;
}

function mayRetry(request: UpstreamRequest, { attempts }: RetryOptions): boolean {
  if (request.attempt >= attempts) return false;
  return streamed(request.body)?.isReplayable ?? true;
}

/** Full jitter, but at least what `Retry-After` asks for (RFC 9110 §10.2.3). */
function backoff(outcome: Outcome, { attempt }: UpstreamRequest, options: RetryOptions): number {
  const longest = Math.min(options.backoffMs * 2 ** (attempt - 1), MAX_BACKOFF_MS);
  const jittered = options.random() * longest;
  if (outcome.kind === 'error') return jittered;
  const { headers } = outcome.response;
  const pushback = firstValue(headers['grpc-retry-pushback-ms']);
  // A server that says anything but a time asks not to try again (gRFC A6).
  if (pushback !== undefined) {
    return /^\d{1,9}$/.test(pushback) ? Number(pushback) : Number.POSITIVE_INFINITY;
  }
  return Math.max(jittered, retryAfterMs(firstValue(headers['retry-after'])) ?? 0);
}

/** All three forms of an HTTP date (RFC 9110 §5.6.7) begin with the day; the last one names no zone. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [^]*?(GMT)?$/;

/** Reads seconds or an HTTP date; `undefined` for anything else. */
export function retryAfterMs(
  value: string | undefined,
  wallClockMs: number = Date.now(),
): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const date = HTTP_DATE.exec(value);
  if (date === null) return undefined;
  const at = Date.parse(date[1] === undefined ? `${value} GMT` : value);
  return Number.isNaN(at) ? undefined : Math.max(at - wallClockMs, 0);
}

function again(request: UpstreamRequest, outcome: Outcome): UpstreamRequest {
  const target = targetOf(outcome);
  const tried = target === undefined ? request.tried : [...request.tried, target];
  return { ...request, attempt: request.attempt + 1, tried };
}

function targetOf(outcome: Outcome): string | undefined {
  if (outcome.kind === 'response') return outcome.response.target;
  return isGatewayError(outcome.error) ? outcome.error.options.target : undefined;
}

/** Waits; rejects at once when the call is cancelled. */
function sleep(ms: number, signal: Cancellation, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const listener = {
      onCancel(reason: Error): void {
        clock.cancel(timer);
        reject(reason);
      },
    };
    const timer = clock.after(ms, () => {
      signal.unlisten(listener);
      resolve();
    });
    signal.listen(listener);
  });
}
