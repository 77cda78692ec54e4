/**
 * What is told of one request: its calls and their attempts, as they ran.
 *
 * Types alone, without an import, because the operator's page reads them too. Times are in milliseconds, to
 * hundredths; `startMs` counts from the beginning of the request.
 */

export interface TracedRequest {
  readonly id: string;
  /** Of W3C Trace Context, if it has one. */
  readonly traceId?: string;
  /** When the request began, in ISO 8601. */
  readonly at: string;
  /** The generation that served it. */
  readonly generation: number;
  readonly method: string;
  readonly host: string;
  /** Without its query. */
  readonly path: string;
  readonly route: string;
  /** Of a BFF. */
  readonly endpoint?: string;
  readonly consumer?: string;
  /** 499: the client disconnected. */
  readonly status: number;
  /** The gateway error, if it ended with one, and its cause. */
  readonly code?: string;
  readonly cause?: string;
  readonly totalMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Why a fallback answered: `circuit-open`, `timeout`, `503` …; absent where none did. */
  readonly fallback?: string;
  /** The side of the split that got it, and why: `sticky`, `chance`, `when` or `aborted`. */
  readonly split?: { readonly side: string; readonly by: string };
  /** The parts that the answer lacks, each with the reason. */
  readonly missing?: readonly { readonly name: string; readonly reason: string }[];
  readonly calls: readonly TracedCall[];
  /** Calls that were not recorded, because there were too many. */
  readonly moreCalls?: number;
}

export interface TracedCall {
  /** `forward`, `part` or `plugin`. */
  readonly purpose: string;
  /** Of the part or the plugin. */
  readonly name?: string;
  /** The one called last; a fallback may be another. */
  readonly upstream: string;
  readonly startMs: number;
  /** Absent: it was under way when the request ended, or it is forwarded. */
  readonly ms?: number;
  /** Waiting for slots, in all attempts. */
  readonly queuedMs: number;
  readonly status?: number;
  readonly code?: string;
  readonly cause?: string;
  readonly attempts: readonly TracedAttempt[];
  readonly moreAttempts?: number;
}

export interface TracedAttempt {
  /** The upstream of the target, where a fallback made it another than that of the attempt before. */
  readonly upstream?: string;
  readonly target: string;
  /** What it asked for, without the query. */
  readonly method: string;
  readonly path: string;
  readonly startMs: number;
  /** From its start; absent where it got no connection. */
  readonly connectMs?: number;
  /** From its start to the response head; absent where there was none. */
  readonly firstByteMs?: number;
  /** From its start to its failure; absent where it was answered. */
  readonly failedMs?: number;
  readonly status?: number;
  readonly code?: string;
  readonly cause?: string;
}
