/** Test cases as they are run: checked, complete, durations in milliseconds. */
import type { z } from 'zod';
import type { Fault, Finding, Path } from '../fault.ts';
import type { Answer, Step } from './schema.ts';

type Written = z.output<typeof Step>;
export type Expectation = NonNullable<Written['expect']>;
export type ExpectedFields = NonNullable<Expectation['headers']>;
export type ExpectedCalls = NonNullable<Written['calls']>;
export type GivenAnswer = z.output<typeof Answer>;

/** Answers of upstreams, by name. */
export type Answers = Readonly<Record<string, readonly GivenAnswer[]>>;

/** Who the client is. */
export interface Identity {
  readonly consumer?: string | undefined;
  readonly via?: string | undefined;
  readonly issuer?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A request to send. */
export interface CaseRequest {
  readonly method: string;
  /** A path with its query, or a URL. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Text as it is, everything else as JSON. */
  readonly body: unknown;
}

export interface CaseStep {
  /** Where it stands in the file. */
  readonly at: Path;
  readonly waitMs: number;
  /** Absent: it only waits. */
  readonly request?: CaseRequest;
  readonly times: number;
  /** Absent: nobody. */
  readonly as?: Identity;
  /** Address of the client. */
  readonly from: string;
  /** Absent: one that fits. */
  readonly listener?: string;
  /** From here on, in place of what was said of these upstreams before. */
  readonly upstreams: Answers;
  readonly expect?: Expectation;
  readonly calls?: ExpectedCalls;
}

export interface TestCase {
  readonly name: string;
  readonly at: Path;
  /** Why it is not run. */
  readonly skip?: string;
  /** Milliseconds since 1970; absent: the time of the run. */
  readonly now?: number;
  /** Uniform in [0, 1). */
  readonly random?: number;
  /** Where its steps say nothing of an upstream. */
  readonly upstreams: Answers;
  readonly steps: readonly CaseStep[];
}

/** A name in a file of cases that only a config can know. */
export interface Reference {
  readonly kind: 'upstream' | 'plugin' | 'listener';
  readonly name: string;
  readonly path: Path;
}

export interface TestFile {
  /** As it was given. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly cases: readonly TestCase[];
  readonly references: readonly Reference[];
  /** Gives a finding its line. */
  readonly place: (finding: Finding) => Fault;
}
