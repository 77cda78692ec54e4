/** Names of operations, and of the requests that they make. */
import { createHash } from 'node:crypto';

/** A UUID (version 8, RFC 9562 §5.8) from a digest: the same for the same request of the same consumer. */
export function operationId(route: string, consumer: string, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([route, consumer, key]))
    .digest();
  const bytes = digest.subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end)).join('-');
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isOperationId = (text: string): boolean => ID.test(text);

export interface Fingerprinted {
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  readonly query: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Two requests with one key must have the same. */
export const fingerprint = ({ method, path, query, contentType, body }: Fingerprinted): string =>
  createHash('sha256')
    .update(JSON.stringify([method, path, query, contentType]))
    .update('\n')
    .update(body)
    .digest('hex');

/** Of a definition: the first 12 digits of its digest. */
export const versionOf = (definition: object): string =>
  createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 12);

/** `Idempotency-Key` of a step: the same for all of its attempts, by whatever process. */
export const stepKey = (operation: string, step: string): string => `${operation}:${step}`;

/** And of its undo. */
export const undoKey = (operation: string, step: string, keyed: number): string =>
  `${operation}:${step}:undo${keyed > 1 ? `.${keyed}` : ''}`;

/** The engine's name for a run. */
export const runId = (operation: string, run: number): string =>
  run === 1 ? operation : `${operation}.${run}`;

/** What {@link runId} names. */
export function runNamed(name: string): { readonly id: string; readonly run: number } {
  const [id = '', run = '1'] = name.split('.');
  return { id, run: Number(run) };
}
