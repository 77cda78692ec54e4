/** What a load test is told, and what it comes to. */
import type { Fault } from '../config/fault.ts';
import type { Environment } from '../config/yaml/environment.ts';
import type { LoadRequest } from './load-order.ts';
import type { LoadReport } from './report.ts';
import type { StubOrder } from './stub-process.ts';

/** What is put under load. */
export type Subject =
  | {
      readonly kind: 'config';
      readonly file: string;
      /** Answers for every upstream; absent: the config's targets do. */
      readonly stub?: StubOrder;
    }
  | {
      /** A gateway that runs already. */
      readonly kind: 'running';
      readonly origin: string;
      /** Absent: nothing is known of its insides. */
      readonly adminUrl?: string;
    };

export interface LoadOptions {
  readonly subject: Subject;
  readonly request: Omit<LoadRequest, 'origin'>;
  readonly connections: number;
  /** Absent: until the rate is steady, for at most 20 s. */
  readonly warmUpMs?: number;
  readonly measureMs: number;
}

export interface LoadSurroundings {
  readonly environment: Environment;
  /** What goes on, one line each. */
  readonly tell: (line: string) => void;
  /** Aborted: everything is stopped, and nothing is reported. */
  readonly signal: AbortSignal;
}

/** Why nothing was measured, in words for whoever asked. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

export type LoadOutcome =
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }
  | { readonly kind: 'report'; readonly report: LoadReport };
