/**
 * What a subject is: a server, and the request that it is measured by.
 *
 * Subjects with the same job can be compared: they get the same requests and must give the same answer.
 */
import { ANSWER } from '../../src/load/answer.ts';
import type { ProgramName } from '../programs.ts';

export type Protocol = 'http' | 'https' | 'h2';

/** One kind of request, and the answer to it. */
export interface Job {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly protocol: Protocol;
  /** Beside `accept` and `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of each request; 0 sends none. */
  readonly bodyBytes: number;
  /** At most so many client connections, where bodies are long. */
  readonly connections: number;
  /** The subject that does no more than this job needs. */
  readonly floor: string;
  readonly expected: Expected;
}

export interface Expected {
  /** The body, or its length in bytes. */
  readonly body: { readonly json: unknown } | { readonly bytes: number };
  /** Fields that the answer must have. */
  readonly fields: readonly string[];
  /** A field of the request without which the answer is 401. */
  readonly credential: string | undefined;
}

/** What is started for a subject. */
export type Server =
  /** A file of `proxies/`. */
  | { readonly kind: 'script'; readonly file: string; readonly env: Environment }
  /** A config of `configs/`. */
  | {
      readonly kind: 'portico';
      readonly config: string;
      readonly log: 'none' | 'file';
      /** For the config. */
      readonly env?: Environment;
    }
  /** A generated config with that many routes. */
  | { readonly kind: 'routes'; readonly count: number }
  /** An installed program. */
  | { readonly kind: 'program'; readonly program: ProgramName };
export type Environment = Readonly<Record<string, string>>;

export interface Subject {
  readonly name: string;
  readonly server: Server;
  readonly job: Job;
}

/** Subjects that are measured in the same rounds. */
export type Heat = readonly Subject[];

/** The subject that all ratios are to. */
export const FLOOR = 'floor';
/** What most clients ask for. */
export const PATH = '/api/orders/42';
export const ANSWERED: unknown = JSON.parse(ANSWER);

const FORWARD: Job = {
  path: PATH,
  method: 'GET',
  protocol: 'http',
  headers: {},
  bodyBytes: 0,
  connections: Number.POSITIVE_INFINITY,
  floor: FLOOR,
  expected: { body: { json: ANSWERED }, fields: [], credential: undefined },
};

/** A job that differs from a forwarded GET in these things. */
export function job({
  expected = {},
  ...changes
}: Partial<Omit<Job, 'expected'>> & { readonly expected?: Partial<Expected> } = {}): Job {
  return { ...FORWARD, ...changes, expected: { ...FORWARD.expected, ...expected } };
}

export const script = (file: string, env: Environment = {}): Server => ({
  kind: 'script',
  file,
  env,
});
export const portico = (config: string, log: 'none' | 'file' = 'none'): Server => ({
  kind: 'portico',
  config,
  log,
});
export const program = (name: ProgramName): Server => ({ kind: 'program', program: name });
