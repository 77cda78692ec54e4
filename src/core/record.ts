/**
 * What happened to a client's request: its calls, their attempts, and how it ended. Each part of the
 * gateway writes what it does. Metrics, the access log and anything else that reports on requests read
 * only this.
 */
import { causeOf } from './cause.ts';
import { type ErrorCode, toGatewayError } from './errors.ts';
import type { StreamRecord } from './stream-record.ts';

/** How something ended: the status of a response, or the code of a gateway error. */
export type Ending = number | ErrorCode;

/** One attempt at a target. Times are in milliseconds; 0 for steps that it did not reach. */
export interface AttemptRecord {
  readonly upstream: string;
  /** The target's origin. */
  readonly target: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly startedAt: number;
  /** The `traceparent` that the target was sent; `undefined` if nothing is traced. */
  readonly traceParent: string | undefined;
  /** From its start to the connection. */
  connectMs: number;
  /** From its start to the response head. */
  firstByteMs: number;
  /** From its start to its failure; 0 if it was answered. */
  failedMs: number;
  /** `undefined` while it is running. */
  ending: Ending | undefined;
  cause: string | undefined;
}

/** What an attempt asks for. */
type Asked = Pick<AttemptRecord, 'method' | 'path'>;

/** What a call was made for. */
export type Purpose = 'forward' | 'part' | 'plugin' | 'step' | 'undo';

/** One call to an upstream, including its retries. */
export class CallRecord {
  readonly purpose: Purpose;
  /** Name of the part, the plugin or the step; empty for a forwarded request. */
  readonly name: string;
  /** The upstream called last; a fallback may use another. */
  upstream: string;
  readonly startedAt: number;
  /** A new list with each: nearly all calls have one attempt, and pushing it would make room for 17. */
  attempts: readonly AttemptRecord[] = NO_ATTEMPTS;
  /** The `traceparent` of the attempt that begins next; `undefined` if nothing is traced. */
  traceParent: string | undefined;
  /** Time spent waiting for slots, in all attempts. */
  queuedMs = 0;
  /** How the first attempt ended, if a retry or a fallback followed. */
  firstEnding: Ending | undefined;
  /** Why a fallback took over, if one did. */
  fallback: string | undefined;
  /** `undefined` while it is running. */
  ending: Ending | undefined;
  cause: string | undefined;
  /**
   * How long it took: to the end of a part's body, or to the response head of a plugin's call; 0 for a
   * forwarded request.
   */
  ms = 0;

  constructor(purpose: Purpose, name: string, upstream: string, startedAt: number) {
    this.purpose = purpose;
    this.name = name;
    this.upstream = upstream;
    this.startedAt = startedAt;
  }

  /** Records that an attempt begins. */
  attempt(
    upstream: string,
    target: string,
    { method, path }: Asked,
    startedAt = this.startedAt,
  ): AttemptRecord {
    const attempt = {
      upstream,
      target,
      method,
      path,
      startedAt,
      traceParent: this.traceParent,
      connectMs: 0,
      firstByteMs: 0,
      failedMs: 0,
      ending: undefined,
      cause: undefined,
    };
    this.upstream = upstream;
    this.attempts = this.attempts.length === 0 ? [attempt] : [...this.attempts, attempt];
    return attempt;
  }

  get lastAttempt(): AttemptRecord | undefined {
    return this.attempts.at(-1);
  }

  end(status: number, now: number): void {
    this.ending = status;
    this.ms = now - this.startedAt;
  }

  fail(error: unknown, now: number): void {
    this.ending = toGatewayError(error).code;
    this.cause = causeOf(error);
    this.ms = now - this.startedAt;
  }
}

export interface MissingPart {
  readonly name: string;
  /** One word: `timeout`, `circuit-open`, `unreachable` … */
  readonly reason: string;
  /** The number of elements of a list that it stands for; absent: one part. */
  readonly count?: number;
}

/** Why a split gave a request to a side; `aborted`: its own side is out, so the first one took it. */
export type SplitReason = 'when' | 'sticky' | 'chance' | 'aborted';

/** The side of a split that answers a request. */
export interface SplitRecord {
  /** The name of its upstream. */
  readonly side: string;
  readonly by: SplitReason;
}

/** The most calls kept per request; BFFs may make more. */
const MOST_CALLS = 100;

export class RequestRecord {
  readonly startedAt: number;
  /** In the order in which they began, up to the limit; see `uncounted`. */
  calls: readonly CallRecord[] = NO_CALLS;
  /** The number of calls past the limit. */
  uncounted = 0;
  /** The gateway error, if the request ended with one. */
  code: ErrorCode | undefined;
  /** The cause of that error, in one word or as a path. */
  cause: string | undefined;
  /** The parts that the answer lacks. */
  missing: readonly MissingPart[] = NO_PARTS;
  /** What the connection became, if it was upgraded. */
  stream: StreamRecord | undefined;
  /** The side that answers it, if its route is split. */
  split: SplitRecord | undefined;
  /** The version of the API that it is for, if its route has versions. */
  version: string | undefined;
  bytesReceived = 0;
  /** The length of the answer's body, if no field of Fastify's reply gives it. */
  bytesSent: number | undefined;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** Records that a call begins. */
  call(purpose: Purpose, name: string, upstream: string, now: number): CallRecord {
    const call = new CallRecord(purpose, name, upstream, now);
    if (this.calls.length === 0) this.calls = [call];
    else if (this.calls.length < MOST_CALLS) this.calls = [...this.calls, call];
    else this.uncounted += 1;
    return call;
  }

  /** Only the first error counts; later ones are its consequences. */
  fail(error: { readonly code: ErrorCode }): void {
    if (this.code !== undefined) return;
    this.code = error.code;
    this.cause = causeOf(error);
  }
}

const NO_ATTEMPTS: readonly AttemptRecord[] = Object.freeze([]);
const NO_CALLS: readonly CallRecord[] = Object.freeze([]);
const NO_PARTS: readonly MissingPart[] = Object.freeze([]);
