/**
 * What an action would do with a request: the calls it would make, or its own answer. Actions make plans
 * with the functions that they serve with, and call nobody.
 */
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { Headers } from '../core/headers.ts';
import type { SplitReason } from '../core/record.ts';

/** A call to an upstream, before its policies change it. */
export interface PlannedCall {
  /** Of the part; empty for a forwarded request. */
  readonly name: string;
  readonly upstream: string;
  readonly method: string;
  /** Canonical; a template as it is written if it waits for other parts. */
  readonly path: string;
  /** With its `?`; empty if there is none, or if it is not known yet. */
  readonly query: string;
  readonly headers: Headers;
  /** The parts whose values it needs first. */
  readonly after: readonly string[];
  /** Asks for a connection that speaks another protocol. */
  readonly opens?: 'websocket';
  /** If it fails, so does the answer. */
  readonly isRequired: boolean;
  /** It is made after the answer, by the operation that the request starts: plugins of the route take no part. */
  readonly isLater?: true;
  /**
   * Why it may not be called: its condition is `unmet`, or `unknown` before other parts have come; or it is `unasked`, by a
   * client that names its fields. Absent: it is called.
   */
  readonly when?: 'unmet' | 'unknown' | 'unasked';
  /** The list for whose elements it is made; absent: it is made once. */
  readonly foreach?: PlannedList;
  /** The upstream that is asked if it fails. */
  readonly otherwise?: string;
}

/** A call for each element of a list. */
export interface PlannedList {
  /** As it is written. */
  readonly of: string;
  /** How many are open at once, and made at all. */
  readonly concurrency: number;
  readonly max: number;
}

export interface PlannedFallback {
  /** The failures that it replaces. */
  readonly on: readonly string[];
  /** The upstream that is called instead. */
  readonly upstream?: string;
  /** The status that is answered instead. */
  readonly status?: number;
}

/** The side of a split that would get the request, and why. */
export interface PlannedSplit {
  readonly side: string;
  readonly by: SplitReason;
  /** False if it is a matter of chance: then the side with the greatest weight is told. */
  readonly isCertain: boolean;
  /** Of the client: 0 up to 1. Absent if it has no key, or asked for the side. */
  readonly bucket?: number;
  /** The source of the key, if one is configured. */
  readonly sticky?: string;
  /** All sides with their shares now, 0 to 1; `aborted`: why it is out. */
  readonly sides: readonly {
    readonly upstream: string;
    readonly share: number;
    readonly aborted?: string;
  }[];
}

/** A copy that is sent of some requests. */
export interface PlannedMirror {
  readonly upstream: string;
  readonly path: string;
  /** Of the requests, 0 to 1; 0: this method is not copied. */
  readonly share: number;
  /** Its answers are compared. */
  readonly isCompared: boolean;
}

export interface Plan {
  readonly calls: readonly PlannedCall[];
  /** The answer of an action that makes no call. */
  readonly answer?: { readonly status: number; readonly location?: string };
  readonly fallback?: PlannedFallback;
  /** Absent if the route is not split. */
  readonly split?: PlannedSplit;
  readonly mirrors?: readonly PlannedMirror[];
}

/** @throws what the action would refuse the request with before any call */
export type Planner = (exchange: ClientExchange) => Plan;
