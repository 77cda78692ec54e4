/** What one explanation has seen, filled while the request passes. */
import type { Plan, PlannedCall } from '../actions/plan.ts';
import type { GatewayError } from '../core/errors.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import type { Reading } from '../routes/matcher.ts';
import type { HookSet } from './hook-sets.ts';

export type StepOutcome = 'passes' | 'refuses' | 'answers' | 'not run' | 'not reached';

/** What one plugin would do with the request. */
export interface PluginStep {
  readonly set: HookSet;
  readonly outcome: StepOutcome;
  /** In its own words; empty if it has none. */
  readonly says: string;
  /** A real request cannot end otherwise here. */
  readonly isCertain: boolean;
  /** Of a step that refuses. */
  readonly refusal?: GatewayError;
}

/** A planned call, as its policies leave it. */
export interface SentCall extends PlannedCall {
  /** What balancing hashes; absent where it does not, or where the request has none. */
  readonly key: string | undefined;
  /** Plugins whose policies were not run, and may change it. */
  readonly unrun: readonly string[];
}

/** Where a request got. */
export interface Trace {
  /** In the order in which they were looked up. */
  readonly readings: Reading[];
  readonly steps: PluginStep[];
  /** Absent if no head of a request could be read. */
  exchange?: ClientExchange;
  /** The hooks of its route, with those that its endpoint adds; empty until one is found. */
  sets: readonly HookSet[];
  /** Of a BFF: nobody but Fastify can tell which endpoint it is. */
  isUnsureOfEndpoint: boolean;
  /** Of a BFF: the endpoint has schemas for requests, which are not run. */
  hasRequestSchema: boolean;
  /** The action, once all hooks let the request pass. */
  plan?: Plan & { readonly sent: readonly SentCall[] };
  /** The same for a BFF: the upstreams that its code may call. */
  mayCall?: readonly string[];
  /** Of such calls, those that become calls of lists. */
  batches?: readonly Batched[];
  /** The plan is that of `app.forward` of a BFF, whose own hooks are not run. */
  isBffForward: boolean;
}

/** Calls of one path that a BFF makes many at a time. */
export interface Batched {
  readonly upstream: string;
  readonly path: string;
  /** The path that is called instead, and its parameter with the ids. */
  readonly list: string;
  readonly parameter: string;
  /** Most ids of one call. */
  readonly max: number;
}

export const newTrace = (): Trace => ({
  readings: [],
  steps: [],
  sets: [],
  isUnsureOfEndpoint: false,
  hasRequestSchema: false,
  isBffForward: false,
});
