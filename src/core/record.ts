/**
 * What happened to a client's request: its calls, their attempts, and how it ended. Written as it happens
 * by whoever did it; metrics, the access log and whatever else tells of requests read this and nothing else.
 */
import { causeOf } from './cause.ts';
import { type ErrorCode, toGatewayError } from './errors.ts';

/** How it ended: the status of an answer, or the code of an error of ours. */
export type Ending = number | ErrorCode;

/** One try at a target. Times in milliseconds; those that it did not come to are 0. */
export interface AttemptRecord {
  /** Origin. */
  readonly target: string;
  /** From its start until there was a connection. */
  connectMs: number;
  /** From its start to the head of the answer. */
  firstByteMs: number;
  /** `undefined` while it is under way. */
  ending: Ending | undefined;
  cause: string | undefined;
}

/** For what a call was made. */
export type Purpose = 'forward' | 'part' | 'plugin';

/** One call of an upstream, its retries among it. */
export class CallRecord {
  readonly purpose: Purpose;
  /** Of the part or the plugin; empty for a forwarded request. */
  readonly name: string;
  /** The one that was called last: a fallback may be another. */
  upstream: string;
  readonly startedAt: number;
  readonly attempts: AttemptRecord[] = [];
  /** Waiting for slots, all attempts together. */
  queuedMs = 0;
  /** Of the first attempt, where a retry or a fallback followed. */
  firstEnding: Ending | undefined;
  /** `undefined` while it is under way. */
  ending: Ending | undefined;
  cause: string | undefined;
  /** To the end of what was read of the answer. */
  ms = 0;

  constructor(purpose: Purpose, name: string, upstream: string, startedAt: number) {
    this.purpose = purpose;
    this.name = name;
    this.upstream = upstream;
    this.startedAt = startedAt;
  }

  /** An attempt begins. */
  attempt(upstream: string, target: string): AttemptRecord {
    const attempt = { target, connectMs: 0, firstByteMs: 0, ending: undefined, cause: undefined };
    this.upstream = upstream;
    this.attempts.push(attempt);
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
}

/** Calls of one request that are kept; code of BFFs may make more. */
const MOST_CALLS = 100;

export class RequestRecord {
  readonly startedAt: number;
  /** In the order in which they began; see `uncounted`. */
  readonly calls: CallRecord[] = [];
  /** Calls past those that are kept. */
  uncounted = 0;
  /** Our error, where we answered with one. */
  code: ErrorCode | undefined;
  /** What it came from, in one word or a path. */
  cause: string | undefined;
  /** What we answered without. */
  missing: readonly MissingPart[] = NO_PARTS;
  bytesReceived = 0;
  /** Of the answer's body, where no field of Fastify's reply says so. */
  bytesSent: number | undefined;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** A call begins. */
  call(purpose: Purpose, name: string, upstream: string, now: number): CallRecord {
    const call = new CallRecord(purpose, name, upstream, now);
    if (this.calls.length < MOST_CALLS) this.calls.push(call);
    else this.uncounted += 1;
    return call;
  }

  /** The first error stays: what follows from it is not what went wrong. */
  fail(error: { readonly code: ErrorCode }): void {
    if (this.code !== undefined) return;
    this.code = error.code;
    this.cause = causeOf(error);
  }
}

const NO_PARTS: readonly MissingPart[] = Object.freeze([]);
