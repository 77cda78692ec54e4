/** What a route says of its mirrors, ready to run. */
import type { MemberStep } from '../../core/member-path.ts';

/** One service that gets copies of a route's requests, and whose answers no client sees. */
export interface MirrorConfig {
  readonly upstream: string;
  /** Of the requests, 0 to 1. */
  readonly share: number;
  /** Absent: the path that the route's own upstream is asked for. */
  readonly rewrite?: string;
  /** For the whole exchange, to the end of the answer. */
  readonly timeoutMs: number;
  /** Requests that may change something are copied too. */
  readonly copiesUnsafe: boolean;
  /** Longer request bodies are not copied. */
  readonly maxBodyBytes: number;
  /** Exchanges open at once. */
  readonly concurrency: number;
  /** Absent: answers are read and dropped. */
  readonly compare?: CompareConfig;
}

export interface CompareConfig {
  /** Of the copied requests, 0 to 1. */
  readonly share: number;
  readonly status: boolean;
  /** Names in lower case. */
  readonly headers: readonly string[];
  readonly body: 'json' | 'bytes' | 'none';
  readonly rules: ComparedPlaces;
  /** Longer bodies are not compared, before decoding or after it. */
  readonly maxBodyBytes: number;
  /** How many answers that differ are kept for the admin port; 0: none. */
  readonly keep: number;
  /** Values are kept as they are, but for credentials. */
  readonly showsValues: boolean;
  readonly promote: PromoteConfig;
}

/** Places of a JSON answer that are not compared as they are. */
export interface ComparedPlaces {
  readonly ignore: readonly (readonly MemberStep[])[];
  /** Numbers there may differ by this much. */
  readonly tolerance: readonly (readonly [place: readonly MemberStep[], by: number])[];
  /** Members of lists whose order does not matter: the last step of each place is every member. */
  readonly unordered: readonly (readonly MemberStep[])[];
  /** Texts that are compared as moments (RFC 3339). */
  readonly dates: readonly (readonly MemberStep[])[];
}

/** When the mirror is said to be fit to take over. */
export interface PromoteConfig {
  /** The largest share of answers that may differ, 0 to 1. */
  readonly mismatches: number;
  /** So many must have been compared. */
  readonly minimum: number;
}
