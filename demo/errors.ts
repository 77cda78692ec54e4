/**
 * The errors of the services: something that does not exist, invalid input, or an order that cannot be carried out.
 *
 * create-service.ts turns the error into a status and `{error, message}`.
 */
import { z } from 'zod';

const STATUS = {
  bad_request: 400,
  /** Payments: the bank says no. */
  declined: 402,
  not_found: 404,
  /** Of two requests that exclude each other, the later one; or what is asked for comes too late. */
  conflict: 409,
  /** It was there, and is undone. */
  gone: 410,
  /** Nothing is wrong with the request but what it asks for. */
  refused: 422,
  /** One Idempotency-Key for two requests. */
  key_reused: 422,
} as const;

export class ShopError extends Error {
  override readonly name = 'ShopError';
  readonly code: keyof typeof STATUS;

  get status(): number {
    return STATUS[this.code];
  }

  constructor(code: ShopError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What is stored under `id`.
 *
 * @throws {ShopError} `not_found`, which names `kind` and id
 */
export function find<T>(stored: ReadonlyMap<string, T>, kind: string, id: string): T {
  const found = stored.get(id);
  if (found === undefined) throw new ShopError('not_found', `no ${kind} "${id}"`);
  return found;
}

/** The most that one list of ids may have. */
const MOST_IDS = 50;

/** A query parameter with ids: `p1,p2`. */
export const ids = () =>
  z
    .string()
    .transform((text) => text.split(',').filter((id) => id !== ''))
    .refine((list) => list.length >= 1 && list.length <= MOST_IDS, `must be 1 to ${MOST_IDS} ids`);

/** What is stored under `wanted`, each once, without those that are not there. */
export function picked<T>(stored: ReadonlyMap<string, T>, wanted: readonly string[]): T[] {
  return [...new Set(wanted)].flatMap((id) => stored.get(id) ?? []);
}

/**
 * Checks what a client sent against `schema`.
 *
 * @throws {ShopError} `bad_request`, with every fault and its place, which begins with `where`
 */
export function read<T>(schema: z.ZodType<T>, where: 'body' | 'query', given: unknown): T {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`,
  );
  throw new ShopError('bad_request', faults.join('; '));
}
