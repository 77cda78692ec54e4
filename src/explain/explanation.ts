/**
 * What `portico explain` tells of a request, as JSON. It holds no token, no value of a field or of a query
 * parameter, and no value of the config that comes from outside or is a secret.
 */
import type { PlannedList, PlannedSplit } from '../actions/plan.ts';
import type { Batched, StepOutcome } from '../assembly/explain-trace.ts';
import type { CandidateOutcome } from '../routes/candidate-verdict.ts';
import type { ValueOrigin } from './origins.ts';
import type { UpstreamView } from './upstream-view.ts';

export interface RequestExplanation {
  /** Of a running gateway: the generation that was asked. */
  readonly generation?: number;
  readonly request: AskedView;
  readonly outcome: Outcome;
  readonly matching: Matching;
  /** Absent if none was found. */
  readonly route?: RouteView;
  readonly plugins: readonly PluginView[];
  /** Who the client is, if a plugin has authenticated it. */
  readonly consumer?: ConsumerView;
  readonly calls: readonly CallView[];
  readonly fallback?: FallbackView;
  /** Which side of a split gets the request; absent if the route is not split. */
  readonly split?: PlannedSplit;
  /** Services that would get a copy; absent if the route has no mirrors. */
  readonly mirrors?: readonly MirrorView[];
  /** Those that are called, or may be. */
  readonly upstreams: readonly UpstreamView[];
  /** Each value that applies, and where it is from. */
  readonly values: readonly ValueOrigin[];
  /** What could not be told, and why. */
  readonly notes: readonly string[];
}

/** The request as the gateway has read it; empty for what it has not. */
export interface AskedView {
  readonly method: string;
  readonly scheme: string;
  /** Canonical. */
  readonly host: string;
  /** Canonical. */
  readonly path: string;
  /** Without its values. */
  readonly query: string;
  readonly address: string;
}

export interface Outcome {
  /** `called`: the route's action would call upstreams, or run the code of a BFF. */
  readonly kind: 'refused' | 'answered' | 'called';
  /** Of an answer of the gateway's own. */
  readonly status?: number;
  /** Of a refusal. */
  readonly code?: string;
  readonly detail?: string;
  /** The plugin that refuses or answers; absent: the gateway, or the action. */
  readonly by?: string;
  /** `Allow`, `Location`, `WWW-Authenticate`, `Retry-After` of that answer, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** False if something that was not run could end the request otherwise. */
  readonly isCertain: boolean;
}

export interface Matching {
  /** The method that was looked up, if it was another one: a preflight is for the method that it asks about. */
  readonly method?: string;
  /** The routes whose path fits, best first. */
  readonly candidates: readonly CandidateView[];
  /** Further candidates that are not listed. */
  readonly more: number;
  /** If no path fits: the pattern that is spelt most like it. */
  readonly near?: string;
  /** Matches whose path does not fit. */
  readonly others: number;
  /** Other readings of the path, without its parameters (`;`), and the routes that they lead to. */
  readonly readings: readonly { readonly path: string; readonly route: string }[];
}

export interface CandidateView {
  readonly route: string;
  /** As `/status` has it. */
  readonly match: string;
  readonly outcome: CandidateOutcome;
  /** The first condition that failed, or what comes first. */
  readonly why: string;
}

export interface RouteView {
  readonly name: string;
  /** Who answers for it, if the config says so. */
  readonly owner?: string;
  readonly match: readonly string[];
  readonly action: string;
  /** Of a BFF; empty if no endpoint has the path. */
  readonly endpoint?: string;
  /** The endpoint forwards (`app.forward`): what it would call stands among the calls. */
  readonly forwards?: true;
  /** Of a BFF: calls of one path that become calls of a list. */
  readonly batches?: readonly Batched[];
}

export interface PluginView {
  readonly plugin: string;
  /** Absent if it does not look at requests. */
  readonly phase?: string;
  readonly outcome?: StepOutcome;
  readonly says: string;
  readonly isCertain: boolean;
  /** Of a refusal. */
  readonly code?: string;
  readonly detail?: string;
  /** Why, in one word, as the access log has it. */
  readonly reason?: string;
  /** What else it does: changes calls, answers or bodies. */
  readonly changes: readonly ('calls' | 'answers' | 'bodies')[];
}

export interface ConsumerView {
  readonly id: string;
  readonly via: string;
  readonly issuer?: string;
  readonly scopes: readonly string[];
}

export interface CallView {
  /** Of the part; empty for a forwarded request. */
  readonly name: string;
  readonly upstream: string;
  readonly method: string;
  readonly path: string;
  /** Without its values. */
  readonly query: string;
  /** Names of the fields. */
  readonly headers: readonly string[];
  /** Parts that it waits for; its path is then a template. */
  readonly after: readonly string[];
  readonly isRequired: boolean;
  /** Whether its condition holds: not, or not known before other parts have come. */
  readonly when?: 'unmet' | 'unknown' | 'unasked';
  /** It is made for each element of this list. */
  readonly foreach?: PlannedList;
  /** The upstream that is asked if it fails. */
  readonly otherwise?: string;
  /** Asks for a connection that speaks another protocol. */
  readonly opens?: 'websocket';
  /** Plugins that may still change it: their policies were not run. */
  readonly unrun: readonly string[];
  /** The target that balancing by hash gives it. */
  readonly target?: string;
}

export interface MirrorView {
  readonly upstream: string;
  readonly path: string;
  /** Share of such requests that are copied, 0 to 1. */
  readonly share: number;
  readonly isCompared: boolean;
}

export interface FallbackView {
  readonly on: readonly string[];
  readonly upstream?: string;
  readonly status?: number;
}
