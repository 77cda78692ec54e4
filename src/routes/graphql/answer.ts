/**
 * What an answer of a GraphQL server means, by its `data` and `errors` (GraphQL §7.1; its status is 200 for nearly
 * everything).
 *
 * Messages of its errors are never passed on: they hold queries, addresses and stacks. The log has paths and codes.
 */
import { GatewayError } from '../../core/errors.ts';
import { type Json, readJson } from '../../core/json.ts';
import type { ReadOutcome } from '../../core/read-body.ts';
import { isContainer } from '../../core/value-path.ts';
import { PartReasonError } from '../part.ts';
import type { ErrorMode, GraphqlConfig } from './operation.ts';

/** Codes by which servers say that they do not have the text of a hash, or never will. */
export type PersistedMiss = 'not-found' | 'not-supported';

/** The server wants the text. */
export class PersistedMissError extends GatewayError {
  readonly miss: PersistedMiss;

  constructor(miss: PersistedMiss) {
    super('GW_UPSTREAM_INVALID', 'the upstream does not know the operation by its hash');
    this.miss = miss;
  }
}

/** What is read of an answer. */
export type Verdict =
  | { readonly kind: 'read'; readonly outcome: ReadOutcome }
  /** The upstream is to blame. */
  | { readonly kind: 'fault'; readonly error: GatewayError };

/** @throws GW_UPSTREAM_INVALID for what is no answer of GraphQL */
export function judgeAnswer(bytes: Buffer, config: GraphqlConfig): Verdict {
  const alone = dataAlone(bytes);
  if (alone !== undefined) return { kind: 'read', outcome: { json: alone } };
  const { data, errors } = membersOf(bytes);
  const miss = config.persisted ? persistedMiss(errors) : undefined;
  if (miss !== undefined) {
    return { kind: 'read', outcome: { error: new PersistedMissError(miss) } };
  }
  if (isUsable(data, errors, config.errors))
    return { kind: 'read', outcome: used(data, errors, config.errors) };
  const error = new PartReasonError('graphql-error', 'the upstream answered with errors', {
    reason: causeOf(errors),
  });
  return isBlamed(data, errors, config.blame)
    ? { kind: 'fault', error }
    : { kind: 'read', outcome: { error } };
}

/** What a status that is not 2xx means where a hash was sent: the status itself, unless the server wants the text. */
export function judgeRefusal(bytes: Buffer): Verdict {
  let miss: PersistedMiss | undefined;
  try {
    miss = persistedMiss(membersOf(bytes).errors);
  } catch {
    // It is no answer of GraphQL: its status says what it is.
  }
  const error =
    miss === undefined
      ? new GatewayError('GW_UPSTREAM_INVALID', 'the upstream refused the operation')
      : new PersistedMissError(miss);
  return { kind: 'read', outcome: { error } };
}

/** An error, as far as it is looked at. */
interface GraphqlError {
  readonly code: string | undefined;
  readonly path: string;
  readonly message: unknown;
}

const START = Buffer.from('{"data":');

/**
 * Most answers are `{"data":…}` and nothing else: what is between is JSON by itself then, and its bytes can be passed
 * on. With another member behind, it is not.
 */
function dataAlone(bytes: Buffer): Json | undefined {
  let end = bytes.length - 1;
  // Servers in Go end it with a new line.
  while (bytes[end]! <= SPACE) end -= 1;
  if (bytes[end] !== BRACE || !bytes.subarray(0, START.length).equals(START)) return undefined;
  try {
    const json = readJson(bytes.subarray(START.length, end));
    return isData(json.value) ? json : undefined;
  } catch {
    return undefined;
  }
}

const isData = (value: unknown): boolean => isContainer(value) && !Array.isArray(value);

const SPACE = 0x20;
/** `}` */
const BRACE = 0x7d;

function membersOf(bytes: Buffer): {
  /** `undefined`: there is none. */
  readonly data: unknown;
  readonly errors: readonly GraphqlError[];
} {
  const { exact } = readJson(bytes);
  if (!isContainer(exact) || (exact['data'] === undefined && !Array.isArray(exact['errors']))) {
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the answer is not one of GraphQL');
  }
  const { data, errors } = exact;
  if (data !== undefined && data !== null && !isData(data)) {
    throw new GatewayError('GW_UPSTREAM_INVALID', 'the data of the answer is not an object');
  }
  return { data, errors: Array.isArray(errors) ? errors.map(errorOf) : [] };
}

function errorOf(error: unknown): GraphqlError {
  const { extensions, path, message } = isContainer(error) ? error : {};
  const code = isContainer(extensions) ? extensions['code'] : undefined;
  return {
    code: typeof code === 'string' && code !== '' ? code : undefined,
    path: Array.isArray(path) ? path.map(String).join('.') : '',
    message,
  };
}

function isUsable(data: unknown, errors: readonly GraphqlError[], mode: ErrorMode): boolean {
  if (data === undefined || data === null) return false;
  if (errors.length === 0 || mode === 'ignore') return true;
  return mode === 'degrade' && !isEmpty(data);
}

/** Fields that may be null are null when they fail: then there is nothing in it. */
const isEmpty = (data: unknown): boolean =>
  Object.values(data as object).every((member) => member === null);

function used(data: unknown, errors: readonly GraphqlError[], mode: ErrorMode): ReadOutcome {
  const json = readJson(Buffer.from(JSON.stringify(data)));
  if (errors.length === 0 || mode === 'ignore') return { json };
  return { json, degraded: 'partial', cause: causeOf(errors) };
}

/**
 * Is the upstream at fault? An answer without `data` was refused before anything ran, so that without a code it says
 * nothing of the server's health: the request did not fit.
 */
function isBlamed(
  data: unknown,
  errors: readonly GraphqlError[],
  blame: readonly string[],
): boolean {
  const counted = new Set(blame);
  if (data === undefined) counted.delete('none');
  return errors.every(({ code = 'none' }) => counted.has(code));
}

function persistedMiss(errors: readonly GraphqlError[]): PersistedMiss | undefined {
  for (const { code, message } of errors) {
    if (code === 'PERSISTED_QUERY_NOT_FOUND' || message === 'PersistedQueryNotFound') {
      return 'not-found';
    }
    if (code === 'PERSISTED_QUERY_NOT_SUPPORTED' || message === 'PersistedQueryNotSupported') {
      return 'not-supported';
    }
  }
  return undefined;
}

/** The first error for the log: a word and a path, whatever the upstream wrote there. */
function causeOf(errors: readonly GraphqlError[]): string {
  const [first] = errors;
  if (first === undefined) return 'no-data';
  const code = /^[\w.-]{1,64}$/.test(first.code ?? '') ? first.code! : 'error';
  const path = first.path.replace(/[^\w.-]/g, '').slice(0, 100);
  return path === '' ? code : `${code} at ${path}`;
}
