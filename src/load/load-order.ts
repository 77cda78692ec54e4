/** What the process that makes the load is told, and what it answers. */
import type { LatencySummary } from './latencies.ts';

/** One request, sent again and again. */
export interface LoadRequest {
  /** Of the gateway, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In base64. */
  readonly body?: string;
}

export interface LoadOrder {
  readonly request: LoadRequest;
  readonly connections: number;
  /** Absent: until the rate is steady, for at most 20 s. */
  readonly warmUpMs?: number;
  readonly measureMs: number;
  /** Of the gateway; absent: nothing is known of its insides. */
  readonly adminUrl?: string;
  /** Of the gateway, where it runs here. */
  readonly gatewayPid?: number;
  readonly stubPid?: number;
}

export type LoadNews =
  | { readonly kind: 'warming'; readonly seconds: number; readonly perSecond: number }
  | { readonly kind: 'measuring'; readonly isSteady: boolean; readonly warmedUpMs: number };

export interface LoadTalk {
  readonly order: LoadOrder;
  readonly news: LoadNews;
  readonly answer: LoadMeasurement;
}

/** Resident bytes of the gateway. */
export interface Memory {
  /** Before the load. */
  readonly beforeBytes: number;
  readonly endBytes: number;
  /** From before the load to the end. */
  readonly highestBytes: number;
}

/** All of it within the measured time, unless it says otherwise. */
export interface LoadMeasurement {
  readonly warmedUpMs: number;
  /** The rate had stopped changing; `undefined` where nobody looked. */
  readonly isSteady?: boolean;
  readonly elapsedMs: number;
  readonly requests: number;
  /** Answers by their status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Errors of connections by their code; requests without an answer for 10 s count as `timeout`. */
  readonly errors: Readonly<Record<string, number>>;
  readonly latencyMs: LatencySummary;
  /** Of the gateway; absent where nobody tells. */
  readonly cpuMs?: number;
  /** It could have gone on, and others had its core; absent where nobody tells. */
  readonly waitedMs?: number;
  readonly memory?: Memory;
  /** CPU time of the load and the stub by the time that passed: 1 is a whole core. */
  readonly loadCores: number;
  readonly stubCores?: number;
  /** Of all cores together, what other programs used, upstreams among them; absent where nobody tells. */
  readonly strangersShare?: number;
  /** What the gateway's `/metrics` said at the beginning, and at the end, still under load. */
  readonly metrics?: { readonly before: string; readonly after: string };
}
