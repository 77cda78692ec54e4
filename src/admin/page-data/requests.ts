/** Requests that are kept: `GET /requests`, `/requests/{id}` and `/problems`. Guarded like traces; 404 where `admin.requests` is 0. */
import type { TracedRequest } from '../../observe/traced.ts';

/** Newest first. */
export interface Requests {
  /** How many are kept at most. */
  readonly kept: number;
  readonly requests: readonly RequestSummary[];
}

/**
 * Requests that ended with a status of 500 and above, the last 50, and with another error of the gateway, the last 50:
 * newest first.
 */
export interface Problems {
  /** All since the start. */
  readonly total: number;
  readonly problems: readonly RequestSummary[];
}

export interface RequestSummary {
  readonly id: string;
  /** When it began. */
  readonly at: string;
  readonly method: string;
  readonly host: string;
  /** Without its query; cut after 1,024 characters. */
  readonly path: string;
  /** `unmatched` if there is none. */
  readonly route: string;
  /** Of a BFF. */
  readonly endpoint?: string;
  /** 499: the client disconnected. */
  readonly status: number;
  /** The gateway error, if it ended with one, and its cause. */
  readonly code?: string;
  readonly cause?: string;
  readonly totalMs: number;
  /** Those that it called. */
  readonly upstreams: readonly string[];
  /** Attempts in all calls. */
  readonly attempts: number;
  /** How many parts the answer lacks. */
  readonly missing: number;
}

/** A request with its calls and attempts, for a waterfall. */
export interface RequestDetail extends TracedRequest {
  /**
   * The part of `totalMs` in which no call was awaited, which is the gateway's own time and the client's: a forwarded
   * call is awaited until its response head, another one until it is over.
   */
  readonly gatewayMs: number;
}
