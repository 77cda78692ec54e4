/**
 * What the operator's page reads of an explanation: types alone, because the page is checked as code of a browser.
 *
 * `GET /explain` answers with more; src/explain/explanation.ts has all of it, and says what each field means.
 */
export interface Explained {
  readonly request: {
    readonly method: string;
    readonly scheme: string;
    readonly host: string;
    readonly path: string;
    readonly query: string;
    readonly address: string;
  };
  readonly outcome: {
    readonly kind: 'refused' | 'answered' | 'called';
    readonly status?: number;
    readonly code?: string;
    readonly detail?: string;
    readonly by?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly isCertain: boolean;
  };
  readonly matching: {
    readonly method?: string;
    readonly candidates: readonly ExplainedCandidate[];
    readonly more: number;
    readonly near?: string;
    readonly others: number;
    readonly readings: readonly { readonly path: string; readonly route: string }[];
  };
  readonly route?: { readonly name: string; readonly action: string; readonly endpoint?: string };
  readonly plugins: readonly ExplainedPlugin[];
  readonly consumer?: {
    readonly id: string;
    readonly via: string;
    readonly scopes: readonly string[];
  };
  readonly calls: readonly ExplainedCall[];
  readonly split?: {
    readonly side: string;
    readonly by: 'when' | 'sticky' | 'chance' | 'aborted';
    readonly bucket?: number;
    readonly sticky?: string;
  };
  readonly fallback?: {
    readonly on: readonly string[];
    readonly upstream?: string;
    readonly status?: number;
  };
  readonly mirrors?: readonly {
    readonly upstream: string;
    readonly path: string;
    readonly share: number;
    readonly isCompared: boolean;
  }[];
  readonly values: readonly ExplainedValue[];
  readonly notes: readonly string[];
}

export interface ExplainedCandidate {
  readonly route: string;
  readonly match: string;
  readonly outcome: 'wins' | 'outranked' | 'fails' | 'unclear';
  readonly why: string;
}

export interface ExplainedPlugin {
  readonly plugin: string;
  readonly phase?: string;
  readonly outcome?: 'passes' | 'refuses' | 'answers' | 'not run' | 'not reached';
  readonly says: string;
  readonly code?: string;
  readonly detail?: string;
  readonly reason?: string;
  readonly changes: readonly string[];
}

export interface ExplainedCall {
  readonly name: string;
  readonly upstream: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly string[];
  readonly after: readonly string[];
  readonly isRequired: boolean;
  readonly when?: 'unmet' | 'unknown' | 'unasked';
  readonly otherwise?: string;
  readonly foreach?: { readonly of: string; readonly concurrency: number; readonly max: number };
  readonly target?: string;
}

export interface ExplainedValue {
  readonly path: string;
  readonly value?: unknown;
  readonly from: string;
  readonly file?: string;
  readonly line?: number;
}
